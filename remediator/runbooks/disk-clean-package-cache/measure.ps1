# Space on the system drive, where Windows keeps downloaded updates. Looks only.
$Drive = $env:SystemDrive
$Volume = ([string]$env:AW_INPUT_VOLUME).TrimEnd('\')
if (($Volume -ne '') -and ($Volume -ne $Drive)) { Deny-AwRun -Code 'other_volume' -Message "Downloaded updates are on $Drive; nothing done here frees space on $Volume." }
$Disk = Get-CimInstance -ClassName Win32_LogicalDisk -Filter "DeviceID='$Drive'"
if (($null -eq $Disk) -or ($Disk.Size -le 0)) { Deny-AwRun -Code 'no_such_volume' -Message "There is no drive $Drive." }
Set-AwFact -Name 'usedPercent' -Value ([int][Math]::Ceiling(100 * ($Disk.Size - $Disk.FreeSpace) / $Disk.Size))
Set-AwFact -Name 'freeMegabytes' -Value ([long][Math]::Floor($Disk.FreeSpace / 1MB))
Complete-AwRun -Message "Measured $Drive."
