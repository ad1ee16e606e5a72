# Has Windows set the clock by its own time source now, unless it would jump further than is allowed.
$MaxSeconds = [double](Get-AwInput 'AW_INPUT_MAX_STEP_SECONDS')
$Tool = Join-Path -Path $env:SystemRoot -ChildPath 'System32\w32tm.exe'
$Service = Get-Service -Name 'w32time' -ErrorAction SilentlyContinue
if (($null -eq $Service) -or -not (Test-Path -LiteralPath $Tool)) { Deny-AwRun -Code 'no_time_service' -Message 'There is no Windows Time service.' }
if ((Get-CimInstance -ClassName Win32_Service -Filter "Name='w32time'").StartMode -eq 'Disabled') { Deny-AwRun -Code 'service_disabled' -Message 'The Windows Time service was switched off by somebody.' }

# The server the clock is set by: the one in use; where none is in use, which is what is mostly wrong, the one that is configured, or the domain. A clock of the machine or of the hypervisor is none to ask.
$Server = '^[A-Za-z0-9][A-Za-z0-9.-]{2,252}$'
$Source = ''
if ($Service.Status -eq 'Running') { $Source = ([string](@(& $Tool /query /source) | Select-Object -First 1) -replace ',0x[0-9a-fA-F]+', '').Trim() }
if ($Source -notmatch $Server) {
    $Parameters = Get-Item -LiteralPath 'HKLM:\SYSTEM\CurrentControlSet\Services\W32Time\Parameters'
    $Computer = Get-CimInstance -ClassName Win32_ComputerSystem
    $Source = ''
    if ([string]$Parameters.GetValue('Type') -eq 'NTP') { $Source = ([string]$Parameters.GetValue('NtpServer') -split '[\s,]+')[0] }
    elseif ($Computer.PartOfDomain) { $Source = [string]$Computer.Domain }
}
if ($Source -notmatch $Server) { Deny-AwRun -Code 'source_unknown' -Message 'Windows Time names no server, so nobody can tell how far the clock would jump.' }
$Chart = @(& $Tool /stripchart "/computer:$Source" /samples:1 /dataonly)
if ([string]($Chart | Select-Object -Last 1) -notmatch '([+-]\d+[.,]\d+)s') { Deny-AwRun -Code 'offset_unknown' -Message "$Source does not tell the time, so nobody can tell how far the clock would jump." }
$Offset = [Math]::Abs([double]::Parse($Matches[1].Replace(',', '.'), [System.Globalization.CultureInfo]::InvariantCulture))
Set-AwFact -Name 'offsetBeforeMilliseconds' -Value ([long][Math]::Round($Offset * 1000))
if ($Offset -gt $MaxSeconds) { Deny-AwRun -Code 'step_too_large' -Message "The clock is $([Math]::Round($Offset)) s off; more than $MaxSeconds s is for a person to decide." }
if (($Offset -lt 0.1) -and ($Service.Status -eq 'Running')) { Complete-AwRun -Message 'The clock is right to a tenth of a second; nothing to do.' }
if ($Service.Status -ne 'Running') {
    Start-Service -Name 'w32time'
    Add-AwChange -Text 'started w32time'
}
$null = & $Tool /resync /rediscover
if ($LASTEXITCODE -ne 0) { Stop-AwRun -Code 'resync_failed' -Message "w32tm /resync ended with code $LASTEXITCODE." }
Add-AwChange -Text 'had Windows Time set the clock'
Complete-AwRun -Message 'Windows Time has set the clock by its source.'
