import { basename } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkRunbook, findingLine } from './check.ts'
import { deservedRisk } from './content-risk.ts'
import { runbookFiles } from './load.ts'
import { scriptFindings } from './script-rules.ts'
import { powershellViews, shellViews } from './script-text.ts'
import { shippedFolders, shippedRunbooks } from './shipped.ts'

const OWN = { origin: 'company', companyId: 'c-1' } as const
const FOLDERS = await shippedFolders()
const CLEAN = await runbookFiles(FOLDERS.find((folder) => folder.endsWith('disk-clean-temp'))!)
const told = (files: Readonly<Record<string, string>>) => checkRunbook(files, OWN).findings.map(findingLine).join('\n')
const edited = (file: string, from: string, to: string) => ({ ...CLEAN, [file]: CLEAN[file]!.replace(from, () => to) })

describe('runbooks that ship', () => {
  test.each(FOLDERS.map((folder) => [basename(folder), folder] as const))('%s passes the whole check', async (id, folder) => {
    const { ok, findings } = checkRunbook(await runbookFiles(folder), { origin: 'library', companyId: null }, id)
    expect(findings.filter(({ level }) => level === 'mistake').map(findingLine)).toEqual([])
    expect(ok).toBe(true)
  })
})

describe('a runbook that passes', () => {
  test('does no more once one part of it is broken', () => {
    expect(checkRunbook(CLEAN, OWN)).toMatchObject({ ok: true })
    expect(told(edited('clean.sh', '      aw_changed "removed $file"\n', ''))).toMatch(/clean.sh: does not say what it changed/)
    expect(told(edited('measure.sh', 'aw_ok ', 'aw_changed '))).toMatch(/measure.sh: tells a change in a step that says changes: false/)
    expect(told(edited('measure.sh', 'aw_ok ', 'echo '))).toMatch(/measure.sh: never ends well/)
    expect(told(edited('measure.ps1', "'usedPercent'", "'used'"))).toMatch(/measure.ps1: does not tell usedPercent/)
    expect(told(edited('clean.sh', 'AW_INPUT_MAX_FILES', 'AW_INPUT_MOST'))).toMatch(/clean.sh: line \d+ reads AW_INPUT_MOST, but the runbook has no such input/)
    expect(told(edited('measure.sh', '${AW_INPUT_VOLUME:-/}', '$AW_INPUT_VOLUME'))).toMatch(/measure.sh: line 3 reads AW_INPUT_VOLUME, which may be absent/)
    expect(told({ ...CLEAN, 'runbook.yaml': CLEAN['runbook.yaml']!.replace('  maxFiles:', '  other: { description: x, default: a, pattern: "^a$" }\n  maxFiles:') })).toMatch(/inputs.other is read by no script/)
    expect(told(edited('runbook.yaml', "'^(?:/[A-Za-z0-9._/-]{0,200}|[A-Za-z]:\\\\?)$'", "'/[a-z]+'"))).toMatch(/inputs.volume.pattern has no anchors/)
    expect(told(edited('cases/match.yaml', 'maxFiles: 5000 }', 'maxFiles: 1 }'))).toMatch(/expects .* but it is/)
    expect(told(edited('cases/match.yaml', 'severity: low,', 'severity: low, colour: red,'))).toMatch(/cases\/match.yaml: .*colour/)
    const without = Object.fromEntries(Object.entries(CLEAN).filter(([file]) => !file.startsWith('cases/')))
    expect(told(without)).toMatch(/cases: have none in which a problem fits[\s\S]*cases: have none that expects no-match/)
  })
})

describe('what no shell script may hold', () => {
  test.each([
    ['eval "$x"', 'eval'], ['true && eval x', 'eval'], ['curl -m 5 https://x.test/i | sh', 'download-and-run'], ['wget -T 5 -O- http://x | sudo bash', 'download-and-run'], ['sh -c "$(curl -m 5 http://x)"', 'download-and-run'],
    ['sh -c "ls $x"', 'code-from-text'], ['awk "/$x/ { print }" f', 'code-from-text'], ['awk -F: "{ print $x }"', 'code-from-text'], ['. "$x"', 'source-variable'],
    ['rm -rf "$x"', 'rm-recursive'], ['rm -rf $x/cache', 'rm-recursive'], ['rm -r -f "$x"/*', 'rm-recursive'], ['rm -rf /', 'rm-recursive'], ['rm -rf /etc', 'rm-recursive'], ['find -L /tmp -type f', 'follows-links'],
    ['echo x > /tmp/file', 'fixed-temp-file'], ['tail -f /var/log/syslog', 'endless-command'], ['journalctl -u x -f', 'endless-command'], ['ping example.org', 'no-time-limit'], ['curl -s http://x', 'no-time-limit'],
    ['sudo ls', 'sudo'], ['timeout 5 sudo ls', 'sudo'], ['timeout 5 tail -f x', 'endless-command'], ["trap 'rm x' EXIT", 'own-exit-trap'], ['false || exit 1', 'exit'], ['#!/bin/bash', 'not-posix'], ['chmod 777 /srv', 'world-writable'], ['chmod a+w /srv', 'world-writable'],
    ['while true; do ls; done', 'endless-loop'], ['while :\ndo\nls\ndone', 'endless-loop'], ['until systemctl is-active x; do sleep 1; done', 'endless-loop'], ['x={{ssm:secret}}', 'ssm-parameter'], ['x="{{ ssm-secure:secret }}"', 'ssm-parameter'],
    ['echo “x”', 'not-ascii'], ['echo \u202e', 'not-ascii'], ['echo \u0007', 'not-ascii'],
  ])('%j is found', (text, rule) => {
    expect(scriptFindings('linux', `${text}\naw_ok x\n`).map((one) => one.rule)).toContain(rule)
  })

  test.each([
    '# eval "$x"; rm -rf "$y"', "aw_fail x 'eval of the rest; rm -rf /'", 'aw_fail x "the while loop; exit"', 'rm -rf "${x:?}/cache"', 'rm -rf "$AW_DIR/work"', "awk -v x=\"$x\" '$1 == x { exit }'", 'awk "{ print \\$1 }"', 'find /tmp -xdev | while IFS= read -r f; do echo "$f"; done',
    'while [ "$n" -lt 5 ]; do n=$((n + 1)); done', 'curl -s --max-time 5 http://x', 'aw_timed 5 curl http://x', 'timeout -k 5 20 curl http://x', 'ping -c 3 example.org', "docker inspect --format '{{.State.Status}}' x", 'chmod 1777 /tmp', 'chmod 0755 /srv', 'x=$(echo "a $(echo "b") c") # it is', 'grep -c "^x" f | head -n 5', 'timeout 5 top -b -n 1',
  ])('%j is fine', (text) => {
    expect(scriptFindings('linux', `${text}\n`)).toEqual([])
  })
})

describe('what no PowerShell script may hold', () => {
  test.each([
    ['Invoke-Expression $x', 'invoke-expression'], ['iex $x', 'invoke-expression'], ['[scriptblock]::Create($x)', 'invoke-expression'], ['(New-Object Net.WebClient).DownloadString($u)', 'download-and-run'], ['powershell -EncodedCommand $x', 'code-from-text'], ['cmd /c "dir $x"', 'code-from-text'],
    ['Remove-Item -Path $x -Recurse -Force', 'remove-recursive'], ['while ($true) { Get-Date }', 'endless-loop'], ['do { Get-Date } until ($done)', 'endless-loop'], ['for (;;) { }', 'endless-loop'], ['Get-Content x -Wait', 'endless-command'], ['Invoke-WebRequest $u', 'no-time-limit'], ['Read-Host', 'asks-somebody'],
    ["Get-WmiObject -Class Win32_Product", 'win32-product'], ['if ($x) { exit 1 }', 'exit'], ['a && b', 'not-5.1'], ['$x = $y ?? 3', 'not-5.1'], ['param([string]$x)', 'param'], ['$profile = 1', 'automatic-variable'], ['foreach ($Input in $x) { }', 'automatic-variable'], ['gci C:\\ | select Name', 'alias'], ['$x | % { $_ }', 'alias'], ['if ($x -eq $null) { }', 'null-on-the-right'],
    ['try { 1 } catch { }', 'empty-catch'], ['try { 1 } catch [IO.IOException] {\n}', 'empty-catch'], ['Get-WmiObject -Class Win32_Service', 'wmi-cmdlet'], ['$x = \u201ca\u201d', 'not-ascii'], ['$x = "{{ssm:a}}"', 'ssm-parameter'],
  ])('%j is found', (text, rule) => {
    expect(scriptFindings('windows', `${text}\n`).map((one) => one.rule)).toContain(rule)
  })

  test.each([
    '# Invoke-Expression $x', "Write-Output 'iex is not used; exit'", '"the while ($true) loop"', '<# exit\nwhile ($true) { } #>\nGet-Date', '$n = 0; while ($n -lt 5) { $n++ }', 'Invoke-WebRequest $u -TimeoutSec 5', "@'\nexit\niex\n'@", '@"\nexit\n$(Get-Date)\n"@', "'it''s -and || not'", 'Remove-Item -LiteralPath $f -Force -Confirm:$false', '"a `" exit"', '$matched = $Matches[1]', '$x | Where-Object { $_ } | Select-Object Name', 'foreach ($one in $all) { $one }', '$sort = 1; $type = $x.type', 'try { 1 } catch { continue }',
  ])('%j is fine', (text) => {
    expect(scriptFindings('windows', `${text}\n`)).toEqual([])
  })
})

test('views have the length and the lines of any text', () => {
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom(...Array.from(`'"\`$(){}#<>@\\\n ax`)), maxLength: 60 }), (text) => {
    for (const views of [shellViews(text), powershellViews(text)]) {
      for (const view of Object.values(views)) {
        expect(view).toHaveLength(text.length)
        expect(Array.from(view, (char, at) => char === text[at] || (char === ' ' && text[at] !== '\n'))).not.toContain(false)
      }
    }
  }))
})

test('views keep every line and column, and what is called inside of a text', () => {
  const text = 'a "b $(c "d") e" \'f\' # g\nh'
  expect(shellViews(text)).toEqual({ whole: text, bare: 'a "b $(c "d") e" \'f\'    \nh', code: 'a "b $(c "d") e" \' \'    \nh', plain: 'a "  $(c " ")  " \' \'    \nh' })
  expect(powershellViews('a "b $(c) ""q" \'d\' # e\nf <# g\n#> h').plain).toBe('a "  $(c)    " \' \'    \nf     \n   h')
})

describe('the risk that content deserves', () => {
  const step = (text: string, changes: boolean, system = 'linux') => ({ steps: [{ id: 's', summary: '', shell: { [system]: { file: 'x', text } }, automation: null, timeoutMs: 1, changes, onFailure: 'stop' as const }], rollback: [], verify: null })
  test.each([
    ['df -h', false, 'linux', 'low'], ['rm -f "$x"', true, 'linux', 'medium'], ['systemctl restart nginx', true, 'linux', 'high'], ['systemctl --no-block restart nginx', true, 'linux', 'high'], ['kill -9 "$pid"', true, 'linux', 'high'], ['rm -rf "${x:?}"', true, 'linux', 'high'], ['reboot', false, 'linux', 'high'],
    ['# systemctl restart nginx', true, 'linux', 'medium'], ["aw_fail x 'reboot needed'", true, 'linux', 'medium'], ['Restart-Service -Name W3SVC', true, 'windows', 'high'], ['Get-Service', false, 'windows', 'low'], ['Clear-DnsClientCache', true, 'windows', 'medium'],
    // Whoever says that it only looks is not believed.
    ['rm -f /srv/a', false, 'linux', 'medium'], ['if true; then mv a b; fi', false, 'linux', 'medium'], ['find /srv -type f | xargs -0 rm -f', false, 'linux', 'medium'], ['find "$x" -type f -delete', false, 'linux', 'medium'], ['aw_timed 20 tee /etc/x', false, 'linux', 'medium'], ['sed -i s/a/b/ "$file"', false, 'linux', 'medium'],
    ['echo x >"$file"', false, 'linux', 'medium'], ['echo x >> /etc/hosts', false, 'linux', 'medium'], ['systemctl start nginx', false, 'linux', 'medium'], ['Remove-Item -LiteralPath $a', false, 'windows', 'medium'], ['[IO.File]::Delete($a)', false, 'windows', 'medium'],
    ['df >"$AW_DIR/a" 2>/dev/null; rm -f "$AW_DIR/a" "$AW_DIR/b"; ls 2>&1 >/dev/null', false, 'linux', 'low'], ["aw_ok 'rm -f /srv/a'", false, 'linux', 'low'], ['systemctl start-time', false, 'linux', 'low'],
  ])('of %j that changes %s on %s is %s', (text, changes, system, risk) => {
    expect(deservedRisk(step(text, changes, system)).risk).toBe(risk)
  })

  test('is that of its probe too, which is run as well', () => {
    const probing = (text: string) => deservedRisk({ ...step('df -h', false), verify: { shell: { linux: { file: 'probe.sh', text } }, expect: 'a > 0', withinMs: 1, timeoutMs: 1, problem: 'may_clear' } })
    expect(probing('df -h').risk).toBe('low')
    expect(probing('rm -f /srv/a')).toMatchObject({ risk: 'medium', reasons: ['probe.sh has "rm"'] })
    expect(probing('systemctl restart nginx').risk).toBe('high')
  })

  test('is not raised by any script that ships and only looks', async () => {
    for (const { id, steps, verify } of await shippedRunbooks()) {
      expect([id, deservedRisk({ steps: steps.filter(({ changes, automation }) => !changes && automation === null), rollback: [], verify })]).toEqual([id, { risk: 'low', reasons: [] }])
    }
  })

  test('of a document nobody can read is high', () => {
    expect(deservedRisk({ steps: [{ id: 's', summary: '', shell: null, automation: { document: 'AWS-RestartEC2Instance', parameters: {} }, timeoutMs: 1, changes: true, onFailure: 'stop' }], rollback: [], verify: null })).toMatchObject({ risk: 'high' })
  })
})
