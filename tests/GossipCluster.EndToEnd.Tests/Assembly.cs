using Xunit.Sdk;
using Xunit.v3;

// Each test starts processes and takes time: together they would measure each other.
[assembly: Parallelization(Mode = ParallelMode.None)]
