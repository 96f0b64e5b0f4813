using GossipCluster.Cli;

return await GossipCommand.RunAsync(args);
