# Asks Microsoft Graph how the services of Microsoft 365 are, as the managed identity of this Azure machine. Keeps and shows no token.
aw_need curl awk sed grep
case $AW_INPUT_CLOUD in
  global) graph=graph.microsoft.com ;;
  usgov) graph=graph.microsoft.us ;;
  china) graph=microsoftgraph.chinacloudapi.cn ;;
  *) aw_refuse cloud_unknown 'there is no such cloud' ;;
esac
answer=$(curl --silent --noproxy '*' --connect-timeout 3 --max-time 10 --max-filesize 65536 --header 'Metadata: true' "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2F$graph%2F" 2>/dev/null) ||
  aw_refuse no_metadata_service 'this is no Azure machine with an instance metadata service'
token=$(printf '%s' "$answer" | tr -d '\n' | sed -n 's/.*"access_token"[[:space:]]*:[[:space:]]*"\([^"]*\)".*/\1/p' | head -c 16384)
case $token in *[!A-Za-z0-9._~+/=-]*) token='' ;; esac
[ -n "$token" ] || aw_refuse no_identity 'the machine has no managed identity that may ask for a token'
# By standard input, so the token stands in no list of processes.
reply=$(printf 'header = "Authorization: Bearer %s"\n' "$token" | curl --silent --config - --proto '=https' --tlsv1.2 --connect-timeout 5 --max-time 30 --max-filesize 2097152 --write-out '\n%{http_code}' "https://$graph/v1.0/admin/serviceAnnouncement/healthOverviews" 2>/dev/null) ||
  aw_fail graph_silent "$graph does not answer"
token='' answer=''
code=$(printf '%s\n' "$reply" | tail -n 1)
case $code in
  200) ;;
  401 | 403) aw_refuse no_permission "the managed identity may not read service health ($code); it needs ServiceHealth.Read.All" ;;
  *) aw_fail graph_refused "$graph answered $code" ;;
esac
# One service a line: name and state; the list is flat, so it needs no reader of JSON.
services=$(printf '%s' "$reply" | tr -d '\n\r' | sed 's/}[[:space:]]*,[[:space:]]*{/}\n{/g' | awk '
  function field(name,   rest) { if (!match($0, "\"" name "\"[[:space:]]*:[[:space:]]*\"[^\"]*\"")) return ""; rest = substr($0, RSTART, RLENGTH); sub(/^"[^"]*"[[:space:]]*:[[:space:]]*"/, "", rest); sub(/"$/, "", rest); return rest }
  NR <= 200 { s = field("status"); if (s != "") print s "\t" field("service") }')
[ -n "$services" ] || aw_fail answer_unreadable "the answer of $graph names no service"
ill=$(printf '%s\n' "$services" | awk -F '\t' '$1 != "serviceOperational" && $1 != "serviceRestored" && $1 != "falsePositive" && $1 != "postIncidentReviewPublished" && $1 != "resolved" && $1 != "resolvedExternal"')
aw_fact services "$(printf '%s\n' "$services" | grep -c .)"
count=$(printf '%s\n' "$ill" | grep -c . || true)
aw_fact degradedServices "$count"
aw_fact degradedNames "$(printf '%s\n' "$ill" | awk -F '\t' 'NF == 2 && NR <= 10 { printf "%s%s (%s)", (NR > 1 ? ", " : ""), $2, $1 }')"
aw_ok "$count services of Microsoft 365 are not as they should be"
