# Memory of the processes of this name. Looks only.
$Name = (Get-AwInput 'AW_INPUT_PROCESS') -replace '\.exe$', ''
$LimitMb = [long](Get-AwInput 'AW_INPUT_LIMIT_MB')
$Processes = @(Get-Process -Name $Name -ErrorAction SilentlyContinue)
$Largest = [long]0
foreach ($Process in $Processes) { if ($Process.WorkingSet64 -gt $Largest) { $Largest = $Process.WorkingSet64 } }
Set-AwFact -Name 'processes' -Value $Processes.Count
Set-AwFact -Name 'largestMegabytes' -Value ([long][Math]::Floor($Largest / 1MB))
Set-AwFact -Name 'isOver' -Value ($Largest -gt ($LimitMb * 1MB))
Complete-AwRun -Message "$($Processes.Count) processes are named $Name."
