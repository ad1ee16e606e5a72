# Which volume is meant.

# Refuses where nobody named a volume and the drive is far from full: then the alert is about another.
function Assert-AwMeant {
    param([string]$Drive, [AllowEmptyString()][string]$Volume)
    if ($Volume -ne '') { return }
    $AwDisk = Get-CimInstance -ClassName Win32_LogicalDisk -Filter "DeviceID='$Drive'" -OperationTimeoutSec 30
    $AwUsed = 0
    if (($null -ne $AwDisk) -and ($AwDisk.Size -gt 0)) { $AwUsed = [int][Math]::Floor(100 * ($AwDisk.Size - $AwDisk.FreeSpace) / $AwDisk.Size) }
    if ($AwUsed -lt 75) { Deny-AwRun -Code 'volume_not_named' -Message "Nobody named the volume that is full, and $Drive is full to $AwUsed% only: another must be meant. Name it." }
}
