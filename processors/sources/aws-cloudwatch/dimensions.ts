/** Dimensions that name one resource, the narrowest first; names as AWS services publish them ("AWS services that publish CloudWatch metrics"). */
const RESOURCE_DIMENSIONS = [
  'InstanceId', 'host', 'Host', 'hostname', 'DBInstanceIdentifier', 'DbInstanceIdentifier', 'PodName', 'VolumeId', 'FunctionName', 'QueueName', 'TableName', 'CacheNodeId', 'CacheClusterId', 'ServiceName', 'TaskDefinitionFamily', 'LoadBalancerName', 'LoadBalancer', 'TargetGroup',
  'NatGatewayId', 'VpnId', 'TunnelIpAddress', 'TransitGateway', 'ConnectionId', 'FileSystemId', 'StateMachineArn', 'ApiName', 'ApiId', 'DistributionId', 'HealthCheckId', 'BucketName', 'StreamName', 'DeliveryStreamName', 'TopicName', 'DomainName', 'BrokerID', 'Broker', 'AutoScalingGroupName', 'DBClusterIdentifier', 'ReplicationGroupId', 'JobName', 'RuleName', 'EndpointName', 'CanaryName', 'NodeName', 'ClusterName', 'Cluster Name', 'CertificateArn',
] as const

/** The resource an alarm is about: the narrowest dimension we know, else the first; null without dimensions. */
export function assetOf(dimensions: readonly (readonly [string, string])[]): string | null {
  for (const wanted of RESOURCE_DIMENSIONS) {
    const found = dimensions.find(([name]) => name === wanted)
    if (found !== undefined) return found[1]
  }
  return dimensions[0]?.[1] ?? null
}
