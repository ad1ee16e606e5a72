# Tells how long the machine has been up and whether its services started; changes nothing.
$up = [int]((Get-Date) - (Get-CimInstance -ClassName Win32_OperatingSystem).LastBootUpTime).TotalSeconds
$manager = Get-Service -Name 'LanmanServer', 'EventLog', 'RpcSs' -ErrorAction SilentlyContinue | Where-Object { [string]$_.Status -eq 'Running' }
Set-AwFact -Name 'uptimeSeconds' -Value $up
Set-AwFact -Name 'isUp' -Value (@($manager).Count -ge 2)
Complete-AwRun -Message ('up for {0} seconds' -f $up)
