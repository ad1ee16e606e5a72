# Counts the jobs in the spool folder and tells whether the spooler runs; changes nothing.
$service = Get-CimInstance -ClassName Win32_Service -Filter "Name='Spooler'" -ErrorAction Stop
if ($null -eq $service) { Deny-AwRun -Code 'service_unknown' -Message 'this machine has no print spooler' }
$folder = Join-Path -Path $env:SystemRoot -ChildPath 'System32\spool\PRINTERS'
$before = (Get-Date).AddMinutes(-10)
$files = @(Get-ChildItem -LiteralPath $folder -File -Force -ErrorAction Stop | Where-Object { $_.Extension -in '.SPL', '.SHD', '.TMP' } | Select-Object -First 5000)
Set-AwFact -Name 'isRunning' -Value ($service.State -eq 'Running')
Set-AwFact -Name 'startMode' -Value ([string]$service.StartMode)
Set-AwFact -Name 'jobFiles' -Value $files.Count
Set-AwFact -Name 'stuckFiles' -Value @($files | Where-Object { $_.LastWriteTime -lt $before }).Count
Complete-AwRun -Message ('the spooler is {0}, {1} files of jobs wait' -f $service.State, $files.Count)
