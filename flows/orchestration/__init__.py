"""Everything that imports Prefect: flows, tasks, deployments, the server, events and metrics."""
