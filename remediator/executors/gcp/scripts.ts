/**
 * The two scripts of an exec resource. `validate` says with 101 that there is something to do, and only on the machine that is meant, before its latest time and when it was not done
 * before; `enforce` does it once and leaves one file with exit code and output, which the report carries back.
 *
 * The command itself is in base64, so that it arrives byte for byte. The marks are directories made in one step; /run is emptied by a restart, so a machine that restarts in between is
 * kept from a second time by the latest time, and by the command's own once-guard on Windows.
 */
import type { System } from '../../../schemas/runbooks.ts'
import type { RemoteCommand } from '../port.ts'

/** Characters Google takes of one script. */
export const EXEC_SCRIPT_MAX = 32_768
/** Bytes kept of each stream; the agent reads 100 KiB at most, and gives none of it where there is more. */
const STDOUT_KEPT = 65_536
const STDERR_KEPT = 16_384
/** Seconds a command that passed its limit has to end by itself. */
const GRACE_SECONDS = 10
/** Marks of earlier commands stay so long on the machine. */
const KEPT_DAYS = 7

/** What the two scripts are made for. */
export interface ExecPlan {
  /** Id of the assignment; lower case letters, digits and hyphens. */
  readonly id: string
  /** Number of the instance, which no other ever has. */
  readonly instanceNumber: string
  /** Unix seconds after which it must not begin. */
  readonly beginsBefore: number
}

/** The exec resource's scripts and where the output lies. */
export interface ExecScripts {
  readonly interpreter: 'SHELL' | 'POWERSHELL'
  readonly validate: string
  readonly enforce: string
  readonly outputFilePath: string
}

/** Makes them. */
export function execScripts(command: Pick<RemoteCommand, 'system' | 'timeoutMs'> & { readonly script: string }, plan: ExecPlan): ExecScripts {
  const seconds = Math.ceil(command.timeoutMs / 1_000)
  return command.system === 'linux' ? linux(command.script, seconds, plan) : windows(command.script, seconds, plan)
}

/** The longest command the two scripts hold, in bytes. */
export function scriptRoom(system: System): number {
  const { enforce } = execScripts({ system, timeoutMs: 999_999_999, script: '' }, { id: 'x'.repeat(63), instanceNumber: '9'.repeat(20), beginsBefore: 99_999_999_999 })
  return Math.floor((EXEC_SCRIPT_MAX - enforce.length) / 4) * 3 - 3
}

function linux(script: string, seconds: number, { id, instanceNumber, beginsBefore }: ExecPlan): ExecScripts {
  const base = '/run/alert-whisperer-gcp'
  const guard = `base=${base}
dir=$base/${id}
[ -d "$dir" ] && exit 100
[ "$(date +%s)" -lt ${beginsBefore} ] || exit 100
url=http://metadata.google.internal/computeMetadata/v1/instance/id
number=$(curl -sf -m 5 -H 'Metadata-Flavor: Google' "$url" 2>/dev/null || wget -qO- -T 5 --header='Metadata-Flavor: Google' "$url" 2>/dev/null)
[ "$number" = '${instanceNumber}' ] || exit 100
`
  const enforce = `${guard}umask 077
mkdir -p "$base" && mkdir "$dir" || exit 100
find "$base" -mindepth 1 -maxdepth 1 -type d -mtime +${KEPT_DAYS} -exec rm -rf {} +
cd "$dir" || exit 1
base64 -d >script <<'AW_END' || exit 1
${Buffer.from(script, 'utf8').toString('base64')}
AW_END
if command -v timeout >/dev/null 2>&1; then
  timeout -k ${GRACE_SECONDS} ${seconds} /bin/sh ./script >out 2>err </dev/null
else
  /bin/sh ./script >out 2>err </dev/null
fi
code=$?
tail -c ${STDOUT_KEPT} out >out.kept
tail -c ${STDERR_KEPT} err >err.kept
{
  echo "aw1 $code $(wc -c <out | tr -d ' ') $(wc -c <out.kept | tr -d ' ') $(wc -c <err | tr -d ' ') $(wc -c <err.kept | tr -d ' ')"
  cat out.kept err.kept
} >result.new
mv result.new result
rm -f script out err out.kept err.kept
exit 100
`
  return { interpreter: 'SHELL', validate: `${guard}exit 101\n`, enforce, outputFilePath: `${base}/${id}/result` }
}

function windows(script: string, seconds: number, { id, instanceNumber, beginsBefore }: ExecPlan): ExecScripts {
  const base = 'C:\\ProgramData\\AlertWhisperer\\Gcp'
  const guard = `$ErrorActionPreference = 'Stop'
$base = '${base}'
$dir = Join-Path $base '${id}'
if (Test-Path -LiteralPath $dir) { exit 100 }
if ([DateTimeOffset]::UtcNow.ToUnixTimeSeconds() -ge ${beginsBefore}) { exit 100 }
try { $number = Invoke-RestMethod -TimeoutSec 5 -UseBasicParsing -Headers @{ 'Metadata-Flavor' = 'Google' } -Uri 'http://metadata.google.internal/computeMetadata/v1/instance/id' } catch { exit 100 }
if ([string]$number -ne '${instanceNumber}') { exit 100 }
`
  const enforce = `${guard}if (-not (Test-Path -LiteralPath $base)) {
  $null = New-Item -ItemType Directory -Path $base
  & "$env:SystemRoot\\System32\\icacls.exe" $base /inheritance:r /grant '*S-1-5-18:(OI)(CI)F' '*S-1-5-32-544:(OI)(CI)F' | Out-Null
}
try { $null = New-Item -ItemType Directory -Path $dir } catch { exit 100 }
Get-ChildItem -LiteralPath $base -Directory | Where-Object { $_.LastWriteTimeUtc -lt [DateTime]::UtcNow.AddDays(-${KEPT_DAYS}) } | Select-Object -First 50 | Remove-Item -Recurse -Force
$file = Join-Path $dir 'script.ps1'
[IO.File]::WriteAllBytes($file, [byte[]](0xEF, 0xBB, 0xBF) + [Convert]::FromBase64String('${Buffer.from(script, 'utf8').toString('base64')}'))
$out = Join-Path $dir 'out'
$err = Join-Path $dir 'err'
$exe = "$env:SystemRoot\\System32\\WindowsPowerShell\\v1.0\\powershell.exe"
$process = Start-Process -FilePath $exe -ArgumentList '-NoProfile', '-NonInteractive', '-ExecutionPolicy', 'Bypass', '-File', "\`"$file\`"" -RedirectStandardOutput $out -RedirectStandardError $err -WindowStyle Hidden -PassThru
$null = $process.Handle
if ($process.WaitForExit(${seconds} * 1000)) { $process.WaitForExit(); $code = $process.ExitCode } else { & "$env:SystemRoot\\System32\\taskkill.exe" /T /F /PID $process.Id | Out-Null; $code = 124 }
function Get-Tail([string]$path, [int]$count) {
  $bytes = [IO.File]::ReadAllBytes($path)
  if ($bytes.Length -le $count) { return , $bytes }
  return , [byte[]]$bytes[($bytes.Length - $count)..($bytes.Length - 1)]
}
$outKept = Get-Tail $out ${STDOUT_KEPT}
$errKept = Get-Tail $err ${STDERR_KEPT}
$head = [Text.Encoding]::ASCII.GetBytes("aw1 $code $((Get-Item -LiteralPath $out).Length) $($outKept.Length) $((Get-Item -LiteralPath $err).Length) $($errKept.Length)\`n")
[IO.File]::WriteAllBytes((Join-Path $dir 'result'), [byte[]]($head + $outKept + $errKept))
Remove-Item -LiteralPath $file, $out, $err -Force
exit 100
`
  return { interpreter: 'POWERSHELL', validate: `${guard}exit 101\n`, enforce, outputFilePath: `${base}\\${id}\\result` }
}

/** What the file tells; null for anything the scripts above do not write. */
export function readOutput(bytes: Buffer): { readonly exitCode: number; readonly hasTimedOut: boolean; readonly stdout: string; readonly stderr: string; readonly isTruncated: boolean } | null {
  const end = bytes.indexOf(10)
  const head = /^aw1 (-?\d{1,10}) (\d{1,15}) (\d{1,6}) (\d{1,15}) (\d{1,6})\r?$/.exec(bytes.subarray(0, Math.max(0, end)).toString('latin1'))
  if (end < 0 || head === null) return null
  const [exitCode = 0, outBytes = 0, outKept = 0, errBytes = 0, errKept = 0] = head.slice(1).map(Number)
  const body = bytes.subarray(end + 1)
  if (body.length !== outKept + errKept) return null
  // 124 is `timeout`'s own, 137 what is left of a command that had to be killed.
  return { exitCode, hasTimedOut: exitCode === 124 || exitCode === 137, stdout: body.subarray(0, outKept).toString('utf8'), stderr: body.subarray(outKept).toString('utf8'), isTruncated: outBytes > outKept || errBytes > errKept }
}
