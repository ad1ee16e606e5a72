# How full the volume is.
$Volume = [string]$env:AW_INPUT_VOLUME
if ($Volume -eq '') { $Volume = $env:SystemDrive }
$Letter = $Volume.TrimEnd('\').ToUpperInvariant()
if ($Letter -notmatch '\A[A-Z]:\z') { Deny-AwRun -Code 'no_such_volume' -Message "$Volume is no drive." }

$Disk = Get-CimInstance -ClassName Win32_LogicalDisk -Filter "DeviceID='$Letter'" -OperationTimeoutSec 30
if (($null -eq $Disk) -or ($Disk.DriveType -ne 3) -or (-not $Disk.Size)) { Deny-AwRun -Code 'no_such_volume' -Message "$Letter is no local disk of this machine." }

$Percent = [int][Math]::Ceiling(100 * ($Disk.Size - $Disk.FreeSpace) / $Disk.Size)
Set-AwFact -Name 'volume' -Value $Letter
Set-AwFact -Name 'usedPercent' -Value $Percent
Set-AwFact -Name 'totalKb' -Value ([long]($Disk.Size / 1KB))
Set-AwFact -Name 'freeKb' -Value ([long]($Disk.FreeSpace / 1KB))
Complete-AwRun -Message "$Letter is $Percent% full."
