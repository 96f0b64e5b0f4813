using Xunit.Sdk;
using Xunit.v3;

// Many of these start processes: one after the other they take no longer, and none makes another one late.
[assembly: Parallelization(Mode = ParallelMode.None)]
