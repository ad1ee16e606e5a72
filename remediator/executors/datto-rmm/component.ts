/**
 * The component an operator stores in Datto RMM once for each system: it runs what it is handed in its variables. It tells the exit code in the last line of its error output, because
 * the service tells none, and does not begin after the time it is given.
 */
import type { System } from '../../../schemas/runbooks.ts'

/** Names of its variables, all of type String. */
export const VARIABLES = { script: 'awScript', seconds: 'awSeconds', before: 'awBefore' } as const

/** Its text, by system. */
export const COMPONENTS: Readonly<Record<System, string>> = {
  linux: `#!/bin/sh
# Alert Whisperer: runs what the variable awScript holds.
for value in "\${awBefore:-}" "\${awSeconds:-}"; do
  case "$value" in '' | *[!0-9]*) echo 'aw1 invalid' >&2; exit 64 ;; esac
done
[ "$(date +%s)" -lt "$awBefore" ] || { echo 'aw1 late' >&2; exit 75; }
dir=$(mktemp -d) || exit 74
trap 'rm -rf "$dir"' EXIT
printf '%s' "\${awScript:-}" | base64 -d >"$dir/script" || exit 74
unset awScript
if command -v timeout >/dev/null 2>&1; then
  timeout -k 10 "$awSeconds" /bin/sh "$dir/script" </dev/null
else
  /bin/sh "$dir/script" </dev/null
fi
code=$?
echo "aw1 exit $code" >&2
exit "$code"
`,
  windows: `# Alert Whisperer: runs what the variable awScript holds.
$ErrorActionPreference = 'Stop'
if ($env:awBefore -notmatch '^\\d{1,12}$' -or $env:awSeconds -notmatch '^\\d{1,6}$') { [Console]::Error.WriteLine('aw1 invalid'); exit 64 }
if ([DateTimeOffset]::UtcNow.ToUnixTimeSeconds() -ge [long]$env:awBefore) { [Console]::Error.WriteLine('aw1 late'); exit 75 }
$dir = Join-Path $env:SystemRoot ('Temp\\aw-' + [Guid]::NewGuid().ToString('N'))
$null = New-Item -ItemType Directory -Path $dir
try {
  $file = Join-Path $dir 'script.ps1'
  $bytes = [Convert]::FromBase64String($env:awScript)
  [IO.File]::WriteAllBytes($file, [byte[]]([byte[]](0xEF, 0xBB, 0xBF) + $bytes))
  $env:awScript = $null
  $out = Join-Path $dir 'out'
  $err = Join-Path $dir 'err'
  # Sysnative is there for a 32-bit process only, and leads to the System32 of the machine.
  $exe = Join-Path $env:SystemRoot 'Sysnative\\WindowsPowerShell\\v1.0\\powershell.exe'
  if (-not (Test-Path -LiteralPath $exe)) { $exe = Join-Path $env:SystemRoot 'System32\\WindowsPowerShell\\v1.0\\powershell.exe' }
  $process = Start-Process -FilePath $exe -ArgumentList '-NoProfile', '-NonInteractive', '-ExecutionPolicy', 'Bypass', '-File', $file -RedirectStandardOutput $out -RedirectStandardError $err -WindowStyle Hidden -PassThru
  $null = $process.Handle
  if ($process.WaitForExit([int]$env:awSeconds * 1000)) { $process.WaitForExit(); $code = $process.ExitCode } else { & taskkill.exe /T /F /PID $process.Id | Out-Null; $code = 124 }
  [Console]::Out.Write([IO.File]::ReadAllText($out))
  [Console]::Error.Write([IO.File]::ReadAllText($err))
} finally {
  Remove-Item -LiteralPath $dir -Recurse -Force -ErrorAction SilentlyContinue
}
[Console]::Error.WriteLine("\`naw1 exit $code")
exit $code
`,
}

/** What the component says of the end in the last line of its error output; the rest is the script's own. */
export function readEnd(stderr: string): { readonly exitCode: number | null; readonly isRefused: boolean; readonly stderr: string } {
  const text = stderr.replace(/\s+$/, '')
  const at = text.lastIndexOf('\n') + 1
  const line = text.slice(at)
  const exit = /^aw1 exit (-?\d{1,10})$/.exec(line)?.[1]
  if (exit !== undefined) return { exitCode: Number(exit), isRefused: false, stderr: text.slice(0, at) }
  return { exitCode: null, isRefused: line === 'aw1 late' || line === 'aw1 invalid', stderr }
}
