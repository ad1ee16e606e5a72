# Has Windows set the clock by its own time source now, unless it would jump further than is allowed.
$MaxSeconds = [double](Get-AwInput 'AW_INPUT_MAX_STEP_SECONDS')
$Tool = Join-Path -Path $env:SystemRoot -ChildPath 'System32\w32tm.exe'
$Service = Get-Service -Name 'w32time' -ErrorAction SilentlyContinue
if (($null -eq $Service) -or -not (Test-Path -LiteralPath $Tool)) { Deny-AwRun -Code 'no_time_service' -Message 'There is no Windows Time service.' }
if ($Service.StartType -eq 'Disabled') { Deny-AwRun -Code 'service_disabled' -Message 'The Windows Time service was switched off by somebody.' }
if ($Service.Status -ne 'Running') {
    Start-Service -Name 'w32time'
    Add-AwChange -Text 'started w32time'
}
$Source = [string](@(& $Tool /query /source) | Select-Object -First 1)
$Source = ($Source -replace ',0x[0-9a-fA-F]+$', '').Trim()
# A name of a server only; a clock of the machine or of the hypervisor is no server to ask.
if ($Source -match '^[A-Za-z0-9][A-Za-z0-9.-]{2,252}$') {
    $Chart = @(& $Tool /stripchart "/computer:$Source" /samples:1 /dataonly)
    $Line = [string]($Chart | Select-Object -Last 1)
    if ($Line -match '([+-]\d+[.,]\d+)s') {
        $Offset = [Math]::Abs([double]::Parse($Matches[1].Replace(',', '.'), [System.Globalization.CultureInfo]::InvariantCulture))
        Set-AwFact -Name 'offsetBeforeMilliseconds' -Value ([long][Math]::Round($Offset * 1000))
        if ($Offset -gt $MaxSeconds) { Deny-AwRun -Code 'step_too_large' -Message "The clock is $([Math]::Round($Offset)) s off; more than $MaxSeconds s is for a person to decide." }
        if ($Offset -lt 0.1) { Complete-AwRun -Message 'The clock is right to a tenth of a second; nothing to do.' }
    }
}
$null = & $Tool /resync /force
if ($LASTEXITCODE -ne 0) { Stop-AwRun -Code 'resync_failed' -Message "w32tm /resync ended with code $LASTEXITCODE." }
Add-AwChange -Text 'had Windows Time set the clock'
Complete-AwRun -Message 'Windows Time has set the clock by its source.'
