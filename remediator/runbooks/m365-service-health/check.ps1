# Asks Microsoft Graph how the services of Microsoft 365 are, as the managed identity of this Azure machine. Keeps and shows no token.
$graph = @{ global = 'graph.microsoft.com'; usgov = 'graph.microsoft.us'; china = 'microsoftgraph.chinacloudapi.cn' }[(Get-AwInput -Name 'AW_INPUT_CLOUD')]
if ($null -eq $graph) { Deny-AwRun -Code 'cloud_unknown' -Message 'there is no such cloud' }
[Net.ServicePointManager]::SecurityProtocol = [Net.SecurityProtocolType]::Tls12
# The metadata service is asked directly: a proxy must not see the token.
$proxy = [System.Net.WebRequest]::DefaultWebProxy
[System.Net.WebRequest]::DefaultWebProxy = $null
try {
    $answer = Invoke-RestMethod -Uri ('http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2F{0}%2F' -f $graph) -Headers @{ Metadata = 'true' } -TimeoutSec 10 -UseBasicParsing
} catch {
    Deny-AwRun -Code 'no_identity' -Message 'this machine has no managed identity that may ask for a token'
}
[System.Net.WebRequest]::DefaultWebProxy = $proxy
try {
    $reply = Invoke-RestMethod -Uri ('https://{0}/v1.0/admin/serviceAnnouncement/healthOverviews' -f $graph) -Headers @{ Authorization = 'Bearer {0}' -f $answer.access_token } -TimeoutSec 30 -UseBasicParsing
} catch {
    # The text of the error could hold the request; only its kind is told.
    Stop-AwRun -Code 'graph_refused' -Message ('{0} did not answer as it should; the identity needs ServiceHealth.Read.All' -f $graph)
}
$services = @($reply.value | Select-Object -First 200)
if ($services.Count -eq 0) { Stop-AwRun -Code 'answer_unreadable' -Message 'the answer names no service' }
$well = @('serviceOperational', 'serviceRestored', 'falsePositive', 'postIncidentReviewPublished', 'resolved', 'resolvedExternal')
$ill = @($services | Where-Object { $well -notcontains $_.status })
Set-AwFact -Name 'services' -Value $services.Count
Set-AwFact -Name 'degradedServices' -Value $ill.Count
Set-AwFact -Name 'degradedNames' -Value (@($ill | Select-Object -First 10 | ForEach-Object { '{0} ({1})' -f $_.service, $_.status }) -join ', ')
Complete-AwRun -Message ('{0} services of Microsoft 365 are not as they should be' -f $ill.Count)
