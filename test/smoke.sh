#!/usr/bin/env bash
# What the README promises, as a person would do it: start, send the recorded storm with the command that the start printed, look, stop,
# start again and find everything still there. An empty data directory and a free port; nothing is left running.
set -Eeuo pipefail
cd "$(dirname "$0")/.."

node=$PWD/node_modules/.bin/node
work=$(mktemp -d)
# Relative to the project, as the default is.
export AW_DATA_DIR=.data/smoke.$$
AW_PORT=$("$node" -e "const s = require('node:net').createServer().listen(0, '127.0.0.1', () => { console.log(s.address().port); s.close() })")
export AW_PORT
url=http://127.0.0.1:$AW_PORT
log=$work/start.log
starter=

say() { printf 'smoke: %s\n' "$*"; }
fail() {
  say "FAILED: $*"
  if [ -f "$log" ]; then
    say 'the end of what the program printed:'
    tail -n 40 "$log"
  fi
  exit 1
}
cleanup() {
  # The whole process group: npm, the shell it starts, and the program.
  if [ -n "$starter" ]; then kill -KILL -- "-$starter" 2> "$work/kill.log" || true; wait "$starter" 2> "$work/kill.log" || true; fi
  rm -rf "$work" "$AW_DATA_DIR"
}
trap cleanup EXIT
trap 'fail "line $LINENO: $BASH_COMMAND"' ERR

start() {
  : > "$log"
  setsid npm start > "$log" 2>&1 < /dev/null &
  starter=$!
  local since=$SECONDS
  until curl -fsS -o "$work/ready.json" "$url/api/health/ready" 2> "$work/curl.log"; do
    kill -0 "$starter" 2> "$work/kill.log" || fail 'the program ended while starting'
    [ $((SECONDS - since)) -lt 120 ] || fail 'not ready after 120 s'
    sleep 0.2
  done
  say "ready after $((SECONDS - since)) s on $url"
}

stop() {
  local since=$SECONDS status=0
  kill -TERM "$starter"
  while kill -0 "$starter" 2> "$work/kill.log"; do
    [ $((SECONDS - since)) -lt 40 ] || fail 'still running 40 s after SIGTERM'
    sleep 0.2
  done
  wait "$starter" || status=$?
  [ "$status" -eq 0 ] || fail "ended with $status"
  ! curl -fsS -o "$work/ready.json" "$url/api/health/live" 2> "$work/curl.log" || fail 'npm has ended, but the program still answers'
  starter=
  say "stopped after $((SECONDS - since)) s"
}

# shellcheck disable=SC2016 # the scripts are JavaScript
# check <title> <JavaScript expression over `it`> <JSON file>
check() {
  "$node" -e '
    const [title, expression, file] = process.argv.slice(1)
    const it = JSON.parse(require("node:fs").readFileSync(file, "utf8"))
    if (new Function("it", `return (${expression})`)(it) !== true) {
      console.log(`smoke: ${title}: expected ${expression}, got ${JSON.stringify(it).slice(0, 1500)}`)
      process.exit(1)
    }' "$1" "$2" "$3" || fail "$1"
  say "$1"
}

api() { curl -fsS -H "Authorization: Bearer $(cat "$AW_DATA_DIR/admin-token")" "$url$1" > "$2" || fail "GET $1"; }

start
# The first company is made once the program is ready, and only then is the welcome printed.
since=$SECONDS
until grep -q 'npx aw send ' "$log"; do
  [ $((SECONDS - since)) -lt 30 ] || fail 'the start prints no command that sends a storm'
  sleep 0.2
done
command=$(grep -o 'npx aw send .*' "$log" | head -n 1)
say "$command"
bash -c "$command --json" > "$work/sent.json" 2> "$work/sent.log" || { cat "$work/sent.log" "$work/sent.json"; fail 'sending the storm'; }
check 'the storm became few incidents' 'it.deliveries > 100 && it.accepted === it.deliveries && it.stats.incidents > 0 && it.stats.incidents * 10 < it.stats.alerts' "$work/sent.json"
check 'each says why' 'it.incidents.every((incident) => incident.why.length > 0)' "$work/sent.json"
npx aw integration create --company 'First Company' --source prtg --unsigned --json > "$work/integration.json" 2> "$work/integration.log" || fail 'connecting a tool'
check 'a tool is connected with its own steps filled in' 'it.warnings.length === 0 && it.guide.setup.some((step) => step.includes(it.webhookUrl + "?api_key=" + it.apiKey))' "$work/integration.json"

api "/api/companies" "$work/companies.json"
company=$("$node" -p 'JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8")).items[0].id' "$work/companies.json")
api "/api/balance?company=$company" "$work/balance.json"
check 'the balance is closed' 'it.difference === 0 && it.inFlight === 0 && it.accepted > 0' "$work/balance.json"
api "/api/incidents?company=$company&limit=100" "$work/incidents.json"
curl -fsS "$url/" | grep -qi '<html' || fail 'the page at / is not HTML'
curl -fsS "$url/api/openapi.json" > "$work/openapi.json"
check 'the API describes itself' 'Object.keys(it.paths).length > 10' "$work/openapi.json"
[ "$(curl -sS -o "$work/refused.json" -w '%{http_code}' "$url/api/incidents")" = 401 ] || fail 'the API answers without a token'
stop

start
api "/api/incidents?company=$company&limit=100" "$work/incidents-again.json"
# shellcheck disable=SC2016
"$node" -e '
  const [before, after] = process.argv.slice(1).map((file) => JSON.parse(require("node:fs").readFileSync(file, "utf8")).items)
  // Counts and versions may still grow: a repeat is told at 2, 4, 8 and then with a tick.
  const text = (incidents) => JSON.stringify(incidents.map(({ id, number, status, problemCount }) => ({ id, number, status, problemCount })))
  const grown = before.every((incident, at) => incident.alertCount <= after[at]?.alertCount)
  if (before.length === 0 || !grown || text(before) !== text(after)) { console.log(`before: ${text(before)}\nafter:  ${text(after)}`); process.exit(1) }
' "$work/incidents.json" "$work/incidents-again.json" || fail 'the incidents are not the same after a restart'
say 'a restart finds the same incidents'
stop
say 'done'
