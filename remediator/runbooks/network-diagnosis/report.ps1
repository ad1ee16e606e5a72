# Looks at the network of this machine: addresses, routes, resolver, gateway, and a host with a port where one is named. Changes nothing.
$ping = New-Object -TypeName System.Net.NetworkInformation.Ping
function Measure-AwLoss {
    param([string]$Address)
    $lost = 0
    for ($i = 0; $i -lt 5; $i++) {
        try { if ($ping.Send($Address, 2000).Status -ne [System.Net.NetworkInformation.IPStatus]::Success) { $lost++ } } catch { $lost++ }
        Start-Sleep -Milliseconds 300
    }
    return $lost * 20
}
$verdict = 'the network looks well from here'
$addresses = @(Get-NetIPAddress -ErrorAction SilentlyContinue | Where-Object { $_.IPAddress -notmatch '^(127\.|::1|fe80|169\.254\.)' } | Select-Object -First 8 | ForEach-Object { '{0} {1}/{2}' -f $_.InterfaceAlias, $_.IPAddress, $_.PrefixLength })
Set-AwFact -Name 'addresses' -Value ($addresses -join ', ')
Set-AwFact -Name 'interfacesDown' -Value @(Get-NetAdapter -Physical -ErrorAction SilentlyContinue | Where-Object { $_.Status -eq 'Disconnected' }).Count
$resolvers = @(Get-DnsClientServerAddress -ErrorAction SilentlyContinue | ForEach-Object { $_.ServerAddresses } | Sort-Object -Unique | Select-Object -First 4)
Set-AwFact -Name 'resolvers' -Value ($resolvers -join ' ')
$route = @(Get-NetRoute -DestinationPrefix '0.0.0.0/0' -ErrorAction SilentlyContinue | Sort-Object -Property RouteMetric | Select-Object -First 1)
if ($route.Count -eq 0) {
    Set-AwFact -Name 'gateway' -Value 'none'
    $verdict = 'there is no default route'
} else {
    $gateway = [string]$route[0].NextHop
    Set-AwFact -Name 'gateway' -Value $gateway
    $loss = Measure-AwLoss -Address $gateway
    Set-AwFact -Name 'gatewayLossPercent' -Value $loss
    $neighbour = @(Get-NetNeighbor -IPAddress $gateway -ErrorAction SilentlyContinue | Where-Object { [string]$_.State -in 'Reachable', 'Stale', 'Permanent' })
    if ($loss -ge 100 -and $neighbour.Count -eq 0) { $verdict = 'the gateway {0} does not answer' -f $gateway }
}
$hostName = Get-AwInput -Name 'AW_INPUT_HOST'
$port = [int](Get-AwInput -Name 'AW_INPUT_PORT')
if ($hostName -ne '') {
    $found = @()
    try { $found = @([System.Net.Dns]::GetHostAddresses($hostName)) } catch { Set-AwFact -Name 'error' -Value $_.Exception.Message }
    Set-AwFact -Name 'isResolving' -Value ($found.Count -gt 0)
    if ($found.Count -eq 0) {
        $verdict = '{0} has no address' -f $hostName
    } else {
        $address = $found[0].ToString()
        Set-AwFact -Name 'address' -Value $address
        $loss = Measure-AwLoss -Address $address
        Set-AwFact -Name 'lossPercent' -Value $loss
        if ($port -gt 0) {
            $client = New-Object -TypeName System.Net.Sockets.TcpClient -ArgumentList $found[0].AddressFamily
            $isOpen = $false
            try { $isOpen = $client.ConnectAsync($found[0], $port).Wait(5000) } catch { $isOpen = $false } finally { $client.Dispose() }
            Set-AwFact -Name 'isPortOpen' -Value $isOpen
            if (-not $isOpen) { $verdict = '{0} does not take connections at port {1}' -f $hostName, $port }
        } elseif ($loss -ge 20) {
            $verdict = '{0}% of the packets to {1} are lost' -f $loss, $hostName
        }
    }
}
Complete-AwRun -Message $verdict
