# Tells how many days certificates are good for: of a server that answers TLS, else of the machine's own store. Changes nothing.
$hostName = Get-AwInput -Name 'AW_INPUT_HOST'
$now = [DateTime]::UtcNow
if ($hostName -ne '') {
    $port = [int](Get-AwInput -Name 'AW_INPUT_PORT')
    $client = New-Object -TypeName System.Net.Sockets.TcpClient
    $stream = $null
    try {
        if (-not $client.ConnectAsync($hostName, $port).Wait(10000)) { Stop-AwRun -Code 'no_tls_answer' -Message 'the server does not answer within ten seconds' }
        # Only the date is wanted, so one that is not trusted, or over, is looked at as well; nothing is sent over the connection.
        $stream = New-Object -TypeName System.Net.Security.SslStream -ArgumentList @($client.GetStream(), $false, ({ $true } -as [System.Net.Security.RemoteCertificateValidationCallback]))
        $stream.ReadTimeout = 10000
        $stream.WriteTimeout = 10000
        # By name, because the default of PowerShell 5.1 is often TLS 1.0 alone, which few servers still speak.
        $protocols = [System.Security.Authentication.SslProtocols]'Tls, Tls11, Tls12'
        $stream.AuthenticateAsClient($hostName, (New-Object -TypeName System.Security.Cryptography.X509Certificates.X509CertificateCollection), $protocols, $false)
        $certificates = @(New-Object -TypeName System.Security.Cryptography.X509Certificates.X509Certificate2 -ArgumentList $stream.RemoteCertificate)
    } catch {
        Stop-AwRun -Code 'no_tls_answer' -Message ('no certificate could be read: {0}' -f $_.Exception.Message)
    } finally {
        if ($null -ne $stream) { $stream.Dispose() }
        $client.Dispose()
    }
    Set-AwFact -Name 'where' -Value ('{0}:{1}' -f $hostName, $port)
} else {
    # Those that may stand for a server: with a private key and not made by the machine for itself each day.
    $certificates = @(Get-ChildItem -Path 'Cert:\LocalMachine\My' | Where-Object { $_.HasPrivateKey } | Select-Object -First 500)
    Set-AwFact -Name 'where' -Value 'LocalMachine\My'
}
Set-AwFact -Name 'certificates' -Value $certificates.Count
if ($certificates.Count -eq 0) { Complete-AwRun -Message 'the store holds no certificate with a private key' }
$first = $certificates | Sort-Object -Property NotAfter | Select-Object -First 1
$days = [int][Math]::Floor(($first.NotAfter.ToUniversalTime() - $now).TotalDays)
Set-AwFact -Name 'daysLeft' -Value $days
Set-AwFact -Name 'notAfter' -Value ($first.NotAfter.ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ssZ', [System.Globalization.CultureInfo]::InvariantCulture))
Set-AwFact -Name 'subject' -Value $first.Subject
Set-AwFact -Name 'issuer' -Value $first.Issuer
Set-AwFact -Name 'thumbprint' -Value $first.Thumbprint
Set-AwFact -Name 'endingIn30Days' -Value @($certificates | Where-Object { $_.NotAfter.ToUniversalTime() -lt $now.AddDays(30) }).Count
Complete-AwRun -Message ('the first of {0} certificates to end is good for {1} days' -f $certificates.Count, $days)
