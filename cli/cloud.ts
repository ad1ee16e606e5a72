/** `aw cloud`: clouds of a company: brought in, listed, checked, removed. */
import { AppError } from '../schemas/errors.ts'
import type { CloudOnboarding } from '../schemas/remediation-views.ts'
import type { CloudAccountView } from '../schemas/runs.ts'
import type { Page } from '../schemas/views.ts'
import type { Readable } from 'node:stream'
import type { ApiClient } from './client.ts'
import { secretIn } from './input.ts'
import { cell, table } from './output.ts'
import { companyNamed } from './send.ts'

/** What a cloud is brought in with. */
export interface OnboardOptions {
  readonly company: string
  readonly cloud: string
  readonly name?: string
  readonly sandbox?: boolean
  readonly field?: readonly string[]
  readonly secretFile?: string
}

/** Makes the account, unless one of this name is there, and answers what to do in the cloud. */
export async function onboardCloud(api: ApiClient, { company, cloud, name = cloud, sandbox, field = [], secretFile }: OnboardOptions, input: Readable): Promise<CloudOnboarding> {
  const path = await pathOf(api, company)
  const known = (await accounts(api, path)).find((account) => account.name === name)
  if (known !== undefined && known.cloud !== cloud) throw new AppError('usage', `"${name}" is an account of ${known.cloud}; give this one another --name`)
  const fields = Object.fromEntries(field.map(pairOf))
  const secret = secretFile === undefined ? undefined : await secretIn(secretFile, '--secret-file', input)
  const change = { ...(secret === undefined ? {} : { secret }) }
  const account = known === undefined
    ? await api.call<CloudAccountView>('POST', path, { cloud, name, environment: sandbox === true ? 'sandbox' : 'production', fields, ...change })
    : field.length === 0 && secret === undefined ? known : await api.call<CloudAccountView>('PATCH', `${path}/${known.id}`, { fields: { ...known.fields, ...fields }, ...change })
  return api.call<CloudOnboarding>('GET', `${path}/${account.id}/onboarding`)
}

/** What to do, step by step. */
export function onboardingText({ account, steps }: CloudOnboarding): string {
  const head = `${account.name} (${account.cloud}, ${account.environment}), ${account.enabled ? 'in use' : 'not in use yet'}: ${account.id}`
  return [head, ...steps.flatMap(({ title, text, code }, index) => ['', `${index + 1}. ${title}`, ...(text === '' ? [] : [text]), ...(code === null ? [] : ['', code])])].join('\n')
}

/** All of a company. */
export async function listClouds(api: ApiClient, company: string): Promise<readonly CloudAccountView[]> {
  return accounts(api, await pathOf(api, company))
}

/** A table of clouds. */
export function cloudsText(items: readonly CloudAccountView[]): string {
  if (items.length === 0) return 'the company has no cloud; `aw cloud onboard` brings one in'
  return table(['name', 'cloud', 'for', 'in use', 'checked', 'last used'], items.map(({ name, cloud, environment, enabled, check, checkedAt, lastUsedAt }) => [cell(name, 40), cloud, environment, enabled ? 'yes' : 'no', check === null ? 'never' : `${check.ok ? 'works' : 'FAILS'}, ${checkedAt ?? ''}`, lastUsedAt ?? '-']))
}

/** Calls the cloud to see whether it works; with `use` it is put into use where it does. */
export async function checkCloud(api: ApiClient, named: string, { company, use, instance, region, system = 'linux', group }: { readonly company: string; readonly use?: boolean; readonly instance?: string; readonly region?: string; readonly system?: string; readonly group?: string }): Promise<CloudAccountView> {
  if (instance !== undefined && region === undefined) throw new AppError('usage', '--instance needs --region too')
  const path = await pathOf(api, company)
  const { id } = await accountNamed(api, path, named)
  const checked = await api.call<CloudAccountView>('POST', `${path}/${id}/check`, instance === undefined ? {} : { machine: { instanceId: instance, region, system, ...(group === undefined ? {} : { group }) } })
  return use === true && checked.check?.ok === true && !checked.enabled ? api.call<CloudAccountView>('PATCH', `${path}/${id}`, { enabled: true }) : checked
}

/** What a check found. */
export function checkText({ name, enabled, check }: CloudAccountView): string {
  if (check === null) return `${name} was not checked`
  return [...check.findings.map((finding) => `${finding.ok ? 'ok  ' : 'FAIL'}  ${finding.name}: ${cell(finding.message, 300)}`), `${name} ${check.ok ? 'works' : 'does not work yet'}${enabled ? '' : '; it is not in use: `aw cloud check … --use` puts it into use'}`].join('\n')
}

/** Takes a cloud away, with its secret. */
export async function removeCloud(api: ApiClient, named: string, company: string): Promise<void> {
  const path = await pathOf(api, company)
  await api.call('DELETE', `${path}/${(await accountNamed(api, path, named)).id}`)
}

async function pathOf(api: ApiClient, company: string): Promise<string> {
  return `/api/companies/${(await companyNamed(api, company)).id}/cloud-accounts`
}

async function accounts(api: ApiClient, path: string): Promise<readonly CloudAccountView[]> {
  return (await api.call<Page<CloudAccountView>>('GET', path)).items
}

async function accountNamed(api: ApiClient, path: string, named: string): Promise<CloudAccountView> {
  const found = (await accounts(api, path)).find(({ id, name }) => id === named || name === named)
  if (found === undefined) throw new AppError('not_found', `the company has no cloud "${named}"; \`aw cloud list\` names them`)
  return found
}

function pairOf(text: string): readonly [string, string] {
  const at = text.indexOf('=')
  if (at < 1) throw new AppError('usage', `--field: name=value, not "${text}"`)
  return [text.slice(0, at), text.slice(at + 1)]
}
