# Looks whether a stop and start would lose data or an address; changes nothing.
[System.Net.WebRequest]::DefaultWebProxy = $null
$base = 'http://169.254.169.254/latest/'
try {
    $token = Invoke-RestMethod -Method Put -Uri ($base + 'api/token') -Headers @{ 'X-aws-ec2-metadata-token-ttl-seconds' = '60' } -TimeoutSec 5 -UseBasicParsing
} catch {
    Deny-AwRun -Code 'no_metadata_service' -Message 'this is no EC2 machine with a metadata service'
}
function Get-AwMetadata {
    param([string]$Path)
    # What is not there is answered with 404, which is an error here and means nothing bad.
    try { return [string](Invoke-RestMethod -Uri ($base + 'meta-data/' + $Path) -Headers @{ 'X-aws-ec2-metadata-token' = $token } -TimeoutSec 5 -UseBasicParsing) } catch { return '' }
}
$type = Get-AwMetadata -Path 'instance-type'
if ($type -eq '') { Deny-AwRun -Code 'no_metadata_service' -Message 'the metadata service does not tell the kind of machine' }
$disks = @(Get-CimInstance -ClassName Win32_DiskDrive | Where-Object { [string]$_.Model -match 'EC2 NVMe Instance Storage' })
$devices = Get-AwMetadata -Path 'block-device-mapping/'
if ($devices -eq '') { Deny-AwRun -Code 'no_metadata_service' -Message 'the metadata service does not tell the disks of the machine' }
if ($disks.Count -gt 0 -or $devices -match 'ephemeral') { Deny-AwRun -Code 'instance_store' -Message 'the machine has instance storage, which a stop and start empties' }
$life = Get-AwMetadata -Path 'instance-life-cycle'
if ($life -eq '') { Deny-AwRun -Code 'no_metadata_service' -Message 'the metadata service does not tell whether this is a spot machine' }
if ($life -eq 'spot') { Deny-AwRun -Code 'spot_instance' -Message 'a spot machine may not come back after a stop' }
# Tags are told only where somebody allowed it; every member of a group has a state in its group.
$group = (Get-AwMetadata -Path 'autoscaling/target-lifecycle-state') + (Get-AwMetadata -Path 'tags/instance/aws:autoscaling:groupName')
if ($group -ne '') { Deny-AwRun -Code 'in_scaling_group' -Message 'a scaling group would replace the machine while it is stopped' }
$public = Get-AwMetadata -Path 'public-ipv4'
if ($public -eq '') { $public = 'none' }
Set-AwFact -Name 'publicAddress' -Value $public
Set-AwFact -Name 'instanceType' -Value $type
Set-AwFact -Name 'uptimeSeconds' -Value ([int]((Get-Date) - (Get-CimInstance -ClassName Win32_OperatingSystem).LastBootUpTime).TotalSeconds)
Complete-AwRun -Message 'a stop and start loses no data that this can see'
