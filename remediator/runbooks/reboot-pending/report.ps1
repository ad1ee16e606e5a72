# Whether this machine waits for a restart, and why. Looks only.
$Reasons = New-Object 'System.Collections.Generic.List[string]'
if (Test-Path -LiteralPath 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending') { $Reasons.Add('components were serviced') }
if (Test-Path -LiteralPath 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired') { $Reasons.Add('Windows Update asks for it') }
$Session = Get-ItemProperty -LiteralPath 'HKLM:\SYSTEM\CurrentControlSet\Control\Session Manager'
$Renames = $Session.PSObject.Properties['PendingFileRenameOperations']
if (($null -ne $Renames) -and (@($Renames.Value | Where-Object { $_ -ne '' }).Count -gt 0)) {
    $Reasons.Add('files wait to be replaced')
    Set-AwFact -Name 'filesWaiting' -Value (@($Renames.Value | Where-Object { $_ -ne '' }).Count)
}
$Active = Get-ItemProperty -LiteralPath 'HKLM:\SYSTEM\CurrentControlSet\Control\ComputerName\ActiveComputerName'
$Wanted = Get-ItemProperty -LiteralPath 'HKLM:\SYSTEM\CurrentControlSet\Control\ComputerName\ComputerName'
if ($Active.ComputerName -ne $Wanted.ComputerName) { $Reasons.Add('the computer was renamed') }
$System = Get-CimInstance -ClassName Win32_OperatingSystem
Set-AwFact -Name 'uptimeDays' -Value ([int][Math]::Floor(((Get-Date) - $System.LastBootUpTime).TotalDays))
Set-AwFact -Name 'rebootPending' -Value ($Reasons.Count -gt 0)
if ($Reasons.Count -gt 0) {
    Set-AwFact -Name 'reasons' -Value ($Reasons -join ', ')
    Complete-AwRun -Message "A restart is pending: $($Reasons -join ', ')."
}
Complete-AwRun -Message 'No restart is pending.'
