/** `aw runbook`: the library, what people add to it, plans, runs, and replays of the past. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { randomUUID } from 'node:crypto'
import { AppError } from '../schemas/errors.ts'
import type { PlanView, ReplayView, RunbookDetail, RunbookSummary, RunDetail } from '../schemas/remediation-views.ts'
import type { PlannedCommand } from '../schemas/runs.ts'
import type { Page } from '../schemas/views.ts'
import type { ApiClient } from './client.ts'
import { jsonIn } from './input.ts'
import { cell, percent, table } from './output.ts'
import { companyNamed } from './send.ts'

/** What a run is asked with at a terminal. */
export interface RunOptions {
  readonly company: string
  readonly incident?: string
  readonly cloud?: string
  readonly target?: readonly string[]
  readonly input?: readonly string[]
  readonly inputs?: string
  readonly mode?: string
}

/** Runbooks, of a company where one is named. */
export async function listRunbooks(api: ApiClient, { company }: { readonly company?: string }): Promise<readonly RunbookSummary[]> {
  return (await api.call<Page<RunbookSummary>>('GET', `/api/runbooks${company === undefined ? '' : `?company=${(await companyNamed(api, company)).id}`}`)).items
}

/** One runbook in full. */
export async function showRunbook(api: ApiClient, id: string, { company }: { readonly company?: string }): Promise<RunbookDetail> {
  return api.call<RunbookDetail>('GET', `/api/runbooks/${encodeURIComponent(id)}${company === undefined ? '' : `?company=${(await companyNamed(api, company)).id}`}`)
}

/** A table of runbooks. */
export function runbooksText(items: readonly RunbookSummary[]): string {
  if (items.length === 0) return 'there are no runbooks'
  return table(['id', 'risk', 'systems', 'from', 'runs', 'ok', 'summary'], items.map(({ id, risk, effectiveRisk, isEnabled, systems, origin, rates, summary }) => [
    id, `${effectiveRisk}${effectiveRisk === risk ? '' : ` (${risk})`}${isEnabled ? '' : ', off'}`, systems.join('+'), origin, rates.runs, rates.successShare === null ? '-' : percent(rates.successShare), cell(summary, 70),
  ]))
}

/** One runbook as a person reads it, with its scripts. */
export function runbookText(book: RunbookDetail): string {
  const { id, version, origin, summary, description, risk, effectiveRisk, isEnabled, limits, approval, match, inputs, steps, rollback, rates, digest } = book
  const head = [
    `${id}, version ${version} (${origin})`, cell(summary, 200), '', ...description.split('\n').map((line) => cell(line, 200)), '',
    `risk      ${effectiveRisk}${effectiveRisk === risk ? '' : `, of itself ${risk}`}${isEnabled ? '' : '; switched off'}`,
    `limits    ${limits.maxRunsPerHour} an hour, ${limits.maxTargets} machines, ${limits.cooldownMs / 60_000} min between two on a machine, not again after ${limits.maxFailures} failures`,
    `approval  ${approval === null ? 'as its risk asks for' : `${approval.role}${approval.fourEyes ? ', four eyes' : ''}, void after ${approval.timeoutMs / 60_000} min`}`,
    `fits      ${[...match.all.map((one) => `all: ${one}`), ...match.any.map((one) => `any: ${one}`)].map((one) => cell(one, 120)).join('; ') || 'nothing by itself'}`,
    `so far    ${rates.runs} runs${rates.successShare === null ? '' : `, ${percent(rates.successShare)} succeeded, ${percent(rates.selfHealedShare ?? 0)} healed the problem`}`, `digest    ${digest}`,
  ]
  const given = inputs.length === 0 ? [] : ['', table(['input', 'type', 'from', 'default', 'what'], inputs.map((input) => [input.name + (input.isRequired ? ' *' : ''), input.type, input.from.join(', ') || '-', String(input.default ?? '-'), cell(input.description, 80)]))]
  const written = [...steps.map((step) => ({ phase: 'step', step })), ...rollback.map((step) => ({ phase: 'rollback', step }))].flatMap(({ phase, step }) => [
    '', `${phase} ${step.id}: ${cell(step.summary, 160)} (${step.timeoutMs / 1_000} s at most${step.changes ? '' : ', only looks'})`,
    ...Object.entries(step.shell ?? {}).flatMap(([system, script]) => [`--- ${system}: ${script.file}`, printable(script.text)]), ...(step.automation === null ? [] : [JSON.stringify(step.automation, null, 2)]),
  ])
  return [...head, ...given, ...written].join('\n')
}

/** A text of several lines; what would steer the terminal is left out. */
export function printable(text: string): string {
  return text.split('\n').map((line) => cell(line.replaceAll('\t', '  '), 2_000)).join('\n').trimEnd()
}

/** What a run would do; nothing is written. */
export async function planRunbook(api: ApiClient, id: string, options: RunOptions): Promise<PlanView> {
  return api.call<PlanView>('POST', `/api/msp/runbooks/${encodeURIComponent(id)}/plan`, await bodyOf(api, options))
}

/** Asks for a run. */
export async function runRunbook(api: ApiClient, id: string, options: RunOptions & { readonly key?: string }): Promise<RunDetail> {
  return api.call<RunDetail>('POST', `/api/msp/runbooks/${encodeURIComponent(id)}/execute`, await bodyOf(api, options), { 'idempotency-key': options.key ?? `aw-${randomUUID()}` })
}

/** Asks for a one-off script to be run: a draft runbook, high risk, which somebody else has to approve. Its system is that of its ending. */
export async function runScript(api: ApiClient, file: string, options: Omit<RunOptions, 'input' | 'inputs'> & { readonly summary: string; readonly timeout?: number; readonly key?: string }): Promise<RunDetail> {
  const system = file.endsWith('.ps1') ? 'windows' : file.endsWith('.sh') ? 'linux' : null
  if (system === null) throw new AppError('usage', `${file}: a script is named *.sh for Linux or *.ps1 for Windows`)
  const { company, ...asked } = await whereOf(api, options)
  const body = { ...asked, summary: options.summary, system, script: textOf(file), ...(options.timeout === undefined ? {} : { timeoutSeconds: options.timeout }) }
  return api.call<RunDetail>('POST', `/api/companies/${encodeURIComponent(company)}/scripts`, body, { 'idempotency-key': options.key ?? `aw-${randomUUID()}` })
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new AppError('usage', `reading ${file}: ${(cause as NodeJS.ErrnoException).code ?? 'error'}`, { cause })
  }
}

async function whereOf(api: ApiClient, { company, incident, cloud, target = [], mode }: Omit<RunOptions, 'input' | 'inputs'>): Promise<{ readonly company: string }> {
  return {
    company: (await companyNamed(api, company)).id, ...(incident === undefined ? {} : { incident }), ...(cloud === undefined ? {} : { cloud_provider: cloud }), ...(target.length === 0 ? {} : { targets: target }), ...(mode === undefined ? {} : { mode }),
  }
}

async function bodyOf(api: ApiClient, { input = [], inputs, ...where }: RunOptions): Promise<object> {
  return {
    ...(await whereOf(api, where)), inputs: { ...(inputs === undefined ? {} : (jsonIn(inputs, '--inputs') as object)), ...Object.fromEntries(input.map(pairOf)) },
  }
}

/** `name=value`; the value is text, which the runbook's own types read. Throws `usage`. */
function pairOf(text: string): readonly [string, string] {
  const at = text.indexOf('=')
  if (at < 1) throw new AppError('usage', `--input: name=value, not "${text}"`)
  return [text.slice(0, at), text.slice(at + 1)]
}

/** A plan as a person reads it, exact commands included. */
export function planText({ runbookId, runbookVersion, summary, mode, risk, plan, verdict }: PlanView): string {
  const head = [`${runbookId}, version ${runbookVersion}: ${cell(summary, 160)}`, `mode ${mode}, risk ${risk}`, `the guard: ${verdictText(verdict)}`]
  if (plan === null) return head.join('\n')
  const machines = plan.targets.map(({ asset, cloud, region, instanceId, system, foundBy }) => `  ${cell(asset, 80)}  ${cloud} ${region} ${instanceId} (${system}, by ${foundBy})`)
  const other = plan.candidates.length === 0 ? [] : ['it could be one of:', ...plan.candidates.map(({ asset, cloud, region, instanceId, cloudAccountId }) => `  ${cell(asset, 80)}  ${cloud} ${region} ${instanceId} in ${cloudAccountId}`)]
  const values = Object.entries(plan.inputs).map(([name, value]) => `  ${name} = ${cell(String(value), 200)}`)
  return [
    ...head, `costs ${(plan.costMicroUsd / 1_000_000).toFixed(6)} USD at list price`, ...(machines.length === 0 ? [] : ['machines:', ...machines]), ...other, ...(values.length === 0 ? [] : ['inputs:', ...values]),
    ...plan.remarks.map((remark) => `note: ${cell(remark, 200)}`), ...plan.commands.map(commandText),
  ].join('\n')
}

/** One verdict in words. */
export function verdictText({ kind, code, why, role, fourEyes, until }: PlanView['verdict']): string {
  const words = { run: 'it runs', ask: `${role?.replaceAll('_', ' ') ?? 'somebody'} is asked${fourEyes ? ', four eyes' : ''}`, show: 'it is only shown', refuse: 'it is refused' }[kind]
  return `${words}${code === null ? '' : ` (${code})`}: ${cell(why, 300)}${until === null ? '' : `; until ${until}`}`
}

function commandText({ phase, stepId, asset, system, script, automation, digest, timeoutMs }: PlannedCommand): string {
  return `\n=== ${phase} ${stepId} on ${cell(asset, 80)} (${system}, ${timeoutMs / 1_000} s at most)\n    sha256 ${digest}\n${script === null ? JSON.stringify(automation, null, 2) : printable(script)}`
}

/** Past incidents against the present library. */
export async function replayRunbooks(api: ApiClient, { company, from, to, limit }: { readonly company: string; readonly from?: string; readonly to?: string; readonly limit?: number }): Promise<ReplayView> {
  return api.call<ReplayView>('POST', '/api/runbooks/replay', { company: (await companyNamed(api, company)).id, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }), ...(limit === undefined ? {} : { limit }) })
}

/** What would have run. */
export function replayText({ items, incidents, matched, matchedShare, wouldRun, wouldRunShare, wouldAsk, wouldRefuse, byCode, isCut }: ReplayView): string {
  const share = (value: number | null): string => (value === null ? '' : ` (${percent(value)})`)
  const codes = Object.entries(byCode).map(([code, count]) => `${code} ${count}`)
  const sum = `${incidents} incidents${isCut ? ', the newest; there are more' : ''}: a runbook fits ${matched}${share(matchedShare)}; ${wouldRun}${share(wouldRunShare)} would run by themselves, ${wouldAsk} would be asked for, ${wouldRefuse} refused${codes.length === 0 ? '' : `\nwhy not by itself: ${codes.join(', ')}`}`
  if (items.length === 0) return sum
  return [table(['incident', 'opened', 'runbook', 'risk', 'verdict'], items.map(({ number, openedAt, runbookId, risk, verdict }) => [`#${number}`, openedAt, runbookId ?? '-', risk ?? '-', `${verdict.kind}${verdict.code === null ? '' : ` (${verdict.code})`}`])), '', sum].join('\n')
}

/** Saves a folder as a runbook of the MSP or of a company; its name is the id. */
export async function addRunbook(api: ApiClient, folder: string, { company }: { readonly company?: string }): Promise<RunbookDetail> {
  const id = basename(resolve(folder))
  return api.call<RunbookDetail>('PUT', await pathOf(api, id, company), { files: filesIn(folder) })
}

/** Removes one that people made. */
export async function removeRunbook(api: ApiClient, id: string, { company }: { readonly company?: string }): Promise<void> {
  await api.call('DELETE', await pathOf(api, id, company))
}

async function pathOf(api: ApiClient, id: string, company: string | undefined): Promise<string> {
  return company === undefined ? `/api/msp/runbooks/${encodeURIComponent(id)}` : `/api/companies/${(await companyNamed(api, company)).id}/runbooks/${encodeURIComponent(id)}`
}

function filesIn(folder: string): Readonly<Record<string, string>> {
  if (!existsSync(join(folder, 'runbook.yaml'))) throw new AppError('usage', `${folder} holds no runbook.yaml; docs/runbooks.md says how to write one`)
  const names = (inside: string): string[] => (existsSync(join(folder, inside)) ? readdirSync(join(folder, inside)).filter((name) => !name.startsWith('.') && statSync(join(folder, inside, name)).isFile()).map((name) => join(inside, name)) : [])
  return Object.fromEntries([...names(''), ...names('cases')].map((name) => [name, readFileSync(join(folder, name), 'utf8')]))
}
