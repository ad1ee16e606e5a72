/** A one-off script that a person writes for one run: a runbook that is never matched, always high risk, always with somebody else's yes, and run and audited like every other. */
import { AppError } from '../../schemas/errors.ts'
import type { Runbook, System } from '../../schemas/runbooks.ts'
import { digestOf } from './digest.ts'
import type { RunbookFiles } from './definition.ts'
import { FILE_BYTES } from './load.ts'
import { scriptFindings } from './script-rules.ts'

/** The script as it is handed in. */
export interface OneOffScript {
  readonly companyId: string
  readonly summary: string
  readonly system: System
  readonly script: string
  readonly timeoutMs: number
}

/** A request to run it is void after this. */
const APPROVAL_MS = 3_600_000
const TIMEOUT_MS = 3_600_000
/** What would be sent as something else than is shown, or would end the shell before a result is told. Everything else is the approver's to judge. */
const REFUSED: Readonly<Record<System, readonly string[]>> = { linux: ['ssm-parameter', 'not-ascii', 'own-exit-trap'], windows: ['ssm-parameter', 'not-ascii', 'exit', 'param'] }
const FINDINGS_MAX = 20

/**
 * Makes a runbook of a script; `id` is the caller's, unique for all time. What the script rules say of it stands in the description, for whoever is asked. Throws `bad_request` for a script
 * that is empty, too long, or of which something else would be run than is shown.
 */
export function draftOf({ companyId, summary, system, script, timeoutMs }: OneOffScript, id: string): { readonly runbook: Runbook; readonly files: RunbookFiles } {
  if (script.trim() === '') throw new AppError('bad_request', 'the script is empty')
  if (Buffer.byteLength(script) > FILE_BYTES) throw new AppError('bad_request', `the script has ${Buffer.byteLength(script)} bytes; ${FILE_BYTES} at most`)
  if (!Number.isSafeInteger(timeoutMs) || timeoutMs < 1_000 || timeoutMs > TIMEOUT_MS) throw new AppError('bad_request', 'the time limit is between a second and an hour')
  const findings = scriptFindings(system, script)
  const refused = findings.filter(({ rule }) => REFUSED[system].includes(rule))
  if (refused.length > 0) throw new AppError('bad_request', `the script cannot be sent as it is shown: ${refused.map(({ line, rule, message }) => `line ${line} ${rule}: ${message}`).join('; ')}`)
  const file = system === 'linux' ? 'script.sh' : 'script.ps1'
  const definition = {
    id, version: 1, summary, description: describe(findings.slice(0, FINDINGS_MAX)), category: 'one-off', risk: 'high' as const, systems: [system], match: { all: [], any: [] }, inputs: [],
    limits: { maxRunsPerHour: 100, cooldownMs: 0, maxTargets: 5, maxFailures: 1 }, approval: { role: 'msp_admin' as const, timeoutMs: APPROVAL_MS, fourEyes: true },
    steps: [{ id: 'script', summary, shell: { [system]: { file, text: system === 'linux' ? shellText(script) : powershellText(script) } }, automation: null, timeoutMs, changes: true, onFailure: 'stop' as const }], rollback: [], verify: null,
  }
  return { runbook: { ...definition, origin: 'draft', companyId, digest: digestOf(definition) }, files: { [file]: script } }
}

function describe(findings: ReturnType<typeof scriptFindings>): string {
  const head = 'A one-off script that a person wrote for this run.'
  return findings.length === 0 ? head : `${head} The rules for scripts of runbooks say of it: ${findings.map(({ line, rule, message }) => `line ${line} ${rule}: ${message}`).join('; ')}.`
}

/** In a subshell, so that an `exit` ends the script and not the result; what it changed nobody knows, and that is told. */
function shellText(script: string): string {
  return `(\n${script.replaceAll('\r\n', '\n').trimEnd()}\n)\naw_status=$?\naw_changed 'whatever the script did: see its text and output'\nif [ "$aw_status" -ne 0 ]; then aw_fail exit_code "The script ended with exit code $aw_status."; fi\naw_ok 'The script ended with exit code 0.'\n`
}

function powershellText(script: string): string {
  return `Set-StrictMode -Off\n$global:LASTEXITCODE = 0\n${script.replaceAll('\r\n', '\n').trimEnd()}\nAdd-AwChange -Text 'whatever the script did: see its text and output'\nif ($global:LASTEXITCODE -ne 0) { Stop-AwRun -Code 'exit_code' -Message "The last program ended with exit code $global:LASTEXITCODE." }\nComplete-AwRun -Message 'The script ended.'\n`
}
