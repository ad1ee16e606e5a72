/** Analysers that are programs of their own: shellcheck, and PSScriptAnalyzer in pwsh. Run where they are installed; where they are not, that is said. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Finding } from './check.ts'
import type { RunbookFiles } from './definition.ts'

/** What the analysers found, and a sentence for each that could not be run though there was something for it. */
export interface Analysed {
  readonly findings: readonly Finding[]
  readonly missing: readonly string[]
}

interface Ran {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

const LIMIT_MS = 120_000
/** Not installed: the system's own word for a program it cannot find. */
const ABSENT: Ran = { status: null, stdout: '', stderr: '' }
const PSSA = String.raw`
$ErrorActionPreference = 'Stop'
if (-not (Get-Module -ListAvailable -Name PSScriptAnalyzer)) { exit 9 }
$Found = Get-ChildItem -LiteralPath $args[0] -Filter *.ps1 | ForEach-Object { Invoke-ScriptAnalyzer -Path $_.FullName -Severity Error, Warning -ExcludeRule PSAvoidUsingWriteHost, PSUseBOMForUnicodeEncodedFile }
ConvertTo-Json -InputObject @($Found | Select-Object ScriptName, Line, RuleName, Message) -Compress
`

/** Runs both over the scripts of a runbook. Never changes anything; the scripts are read, not run. */
export async function analyse(files: RunbookFiles): Promise<Analysed> {
  const scripts = Object.entries(files).filter(([file]) => /^[\w.-]+\.(sh|ps1)$/.test(file))
  const folder = await mkdtemp(join(tmpdir(), 'aw-check-'))
  try {
    for (const [file, text] of scripts) await writeFile(join(folder, file), text)
    const [shell, power] = await Promise.all([shellcheck(folder, scripts.map(([file]) => file).filter((file) => file.endsWith('.sh'))), scriptAnalyzer(folder, scripts.some(([file]) => file.endsWith('.ps1')))])
    return { findings: [...shell.findings, ...power.findings], missing: [...shell.missing, ...power.missing] }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function shellcheck(folder: string, files: readonly string[]): Promise<Analysed> {
  if (files.length === 0) return { findings: [], missing: [] }
  const ran = await run('shellcheck', ['--shell=sh', '--format=json', '--norc', ...files], folder)
  if (ran === ABSENT) return { findings: [], missing: ['shellcheck is not installed, so the shell scripts were not analysed by it (Debian package shellcheck)'] }
  const told = listOf(ran, 'shellcheck')
  return { findings: told.map((one) => finding(one, { file: 'file', line: 'line', rule: 'code', message: 'message' })), missing: [] }
}

async function scriptAnalyzer(folder: string, isWanted: boolean): Promise<Analysed> {
  if (!isWanted) return { findings: [], missing: [] }
  const script = join(folder, '.analyse.ps1')
  await writeFile(script, PSSA)
  const ran = await run('pwsh', ['-NoProfile', '-NonInteractive', '-File', script, folder], folder)
  if (ran === ABSENT) return { findings: [], missing: ['pwsh is not installed, so the PowerShell scripts were not analysed by PSScriptAnalyzer'] }
  if (ran.status === 9) return { findings: [], missing: ['pwsh has no PSScriptAnalyzer (Install-Module PSScriptAnalyzer), so the PowerShell scripts were not analysed by it'] }
  return { findings: listOf(ran, 'PSScriptAnalyzer').map((one) => finding(one, { file: 'ScriptName', line: 'Line', rule: 'RuleName', message: 'Message' })), missing: [] }
}

function finding(told: Readonly<Record<string, unknown>>, keys: Readonly<Record<'file' | 'line' | 'rule' | 'message', string>>): Finding {
  const text = (key: keyof typeof keys) => String(told[keys[key]])
  const rule = typeof told[keys.rule] === 'number' ? `SC${text('rule')}` : text('rule')
  return { level: 'mistake', file: text('file'), path: `line ${text('line')}`, message: `${rule}: ${text('message')}` }
}

/** An analyser that breaks is no clean bill. */
function listOf({ stdout, stderr, status }: Ran, name: string): readonly Readonly<Record<string, unknown>>[] {
  try {
    const value: unknown = JSON.parse(stdout)
    if (Array.isArray(value)) return value as readonly Readonly<Record<string, unknown>>[]
  } catch (cause) {
    throw new Error(`${name} ended with ${status ?? 'no status'} and told nothing that can be read: ${stderr.slice(0, 500)}`, { cause })
  }
  throw new Error(`${name} told no list`)
}

function run(program: string, args: readonly string[], cwd: string): Promise<Ran> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { cwd, timeout: LIMIT_MS, maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error === null) return resolve({ status: 0, stdout, stderr })
      if (error.code === 'ENOENT') return resolve(ABSENT)
      if (typeof error.code === 'number') return resolve({ status: error.code, stdout, stderr })
      reject(new Error(`running ${program}: ${error.message}`, { cause: error }))
    })
  })
}
