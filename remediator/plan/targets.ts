/**
 * Chooses the machine that is meant, among what the look-up found. Pure. In this order: what a person says, the company's asset list, labels of the alert, tags of
 * machines, their names and addresses. Labels are text from outside: an id in one is believed only when the machine is in an enabled account of the company, or
 * the asset list has it under the alert's name. Where two sources contradict each other, a person is asked.
 */
import type { FoundTarget, PlanAccount, PlanAsset, TargetWish } from '../../schemas/remediation-match.ts'
import type { System } from '../../schemas/runbooks.ts'
import type { Cloud, ReasonCode, RunTarget } from '../../schemas/runs.ts'
import type { Mode } from '../../schemas/settings.ts'
import type { CloudMachine } from '../executors/port.ts'
import { fitsMode, isShownOnly, refers } from './accounts.ts'
import { pointersOf, type Pointer } from './pointers.ts'
import { targetOf, type Place } from './target-of.ts'

/** A machine that an account of the company told of, and what it was asked for. */
export interface FoundMachine {
  readonly accountId: string
  readonly by: 'id' | 'tag' | 'name'
  readonly machine: CloudMachine
}

/** What is known of the machine that is meant. */
export interface TargetQuestion {
  readonly wish: TargetWish
  /** Null: whichever it is in. */
  readonly cloud: Cloud | null
  readonly mode: Mode
  /** Of the problem; empty where there is none. */
  readonly labels: Readonly<Record<string, string>>
  /** Assets of the company that have the wished name, or whose instance somebody names. */
  readonly assets: readonly PlanAsset[]
  /** The company's, those that are off too. */
  readonly accounts: readonly PlanAccount[]
  readonly machines: readonly FoundMachine[]
  /** Every account that counts was asked and answered. */
  readonly isInventoryWhole: boolean
  /** Of the runbook. */
  readonly systems: readonly System[]
}

/** The machine, or why none can be told. */
export type TargetAnswer = ({ readonly kind: 'found' } & FoundTarget) | TargetRefusal
/** No machine: a reason, and those it could be. */
export interface TargetRefusal {
  readonly kind: 'refused'
  readonly code: Extract<ReasonCode, 'target_unknown' | 'target_ambiguous' | 'target_foreign' | 'no_cloud_account' | 'cloud_account_off' | 'system_unsupported'>
  readonly why: string
  readonly candidates: readonly RunTarget[]
}

/** Chooses. */
export function chooseTarget(question: TargetQuestion): TargetAnswer {
  const answer = question.wish.instanceId === null ? byRecords(question) : byPerson(question, question.wish.instanceId)
  if (question.mode !== 'demo' || answer.kind === 'found' || (answer.code !== 'target_unknown' && answer.code !== 'no_cloud_account')) return answer
  return madeUp(question)
}

function refused(code: TargetRefusal['code'], why: string, candidates: readonly RunTarget[] = []): TargetRefusal {
  return { kind: 'refused', code, why, candidates }
}

/** A person names the instance: it still has to be one of the company's. */
function byPerson(question: TargetQuestion, instanceId: string): TargetAnswer {
  const { wish, accounts, machines, assets, isInventoryWhole } = question
  const named = wish.cloudAccountId === null ? null : accounts.find(({ id }) => id === wish.cloudAccountId)
  if (named === undefined) return refused('target_foreign', 'The company has no such cloud account; choose one of its own.')
  if (named !== null && !named.enabled && !isShownOnly(question.mode)) return refused('cloud_account_off', `The cloud account ${named.name} is switched off; check it and switch it on.`)
  const usable = accountsFor(question).filter(({ id }) => named === null || id === named.id)
  if (usable.length === 0) return noAccount(question)
  const places = usable.flatMap((account): Place[] => {
    const machine = machines.find((found) => found.accountId === account.id && sameId(found.machine.instanceId, instanceId))?.machine ?? null
    const asset = assets.find((one) => isPlacedIn(one, account) && sameId(one.instanceId ?? one.vmName ?? '', instanceId)) ?? null
    return machine === null && asset === null ? [] : [{ account, machine, asset, pointer: null, foundBy: 'person' }]
  })
  if (places.length > 0) return one(question, places)
  const [only] = usable
  const isAws = only?.cloud === 'aws' && usable.length === 1 && /^m?i-[0-9a-f]{8,17}$/.test(instanceId)
  // The cloud could not be asked; its id of a machine is enough for AWS, where a wrong one reaches nothing.
  if (!isInventoryWhole && isAws) return one(question, [{ account: only, machine: null, asset: null, pointer: { cloud: 'aws', account: null, instanceId, group: null, region: null, label: '' }, foundBy: 'person' }])
  return refused('target_unknown', `${instanceId.slice(0, 100)} is in none of the company's cloud accounts${isInventoryWhole ? '' : ' as far as they could be asked'}; choose another machine.`)
}

function byRecords(question: TargetQuestion): TargetAnswer {
  const { wish, assets, machines } = question
  const usable = accountsFor(question)
  const pointers = pointersOf(question.labels).filter(({ cloud }) => question.cloud === null || cloud === question.cloud)
  for (const pointer of pointers) {
    const wrong = claimMistake(pointer, question)
    if (wrong !== null) return wrong
  }
  const name = key(wish.asset)
  const own = assets.filter((asset) => [asset.name, ...asset.aliases].some((one) => key(one) === name))
  const listed = distinct(own.flatMap((asset) => placesOfAsset(asset, usable, question)))
  const claims = pointers.map((pointer) => ({ pointer, places: placesOfPointer(pointer, usable, question) }))
  if (listed.length > 0) return besideClaims(question, listed, claims)
  const unplaced = own.find((asset) => asset.instanceId !== null || asset.vmName !== null)
  if (unplaced !== undefined) return usable.length === 0 ? noAccount(question) : refused('no_cloud_account', `The asset list has ${unplaced.name} in ${unplaced.cloud ?? 'a cloud'}${unplaced.account === null ? '' : `, account ${unplaced.account},`} of which the company has no cloud account for this mode; add it, or correct the asset.`)
  const claimed = distinct(claims.flatMap(({ places }) => places))
  const renamed = claimed.filter(({ asset }) => asset !== null)
  if (renamed.length > 0) return ambiguous(question, claimed, `The alert is about ${wish.asset}, and the machine it names is ${renamed.map(({ asset }) => asset?.name).join(', ')} on the asset list; say which is meant, or give the asset this alias.`)
  if (claimed.length > 0) return one(question, claimed)
  if (pointers.length > 0) return unbelieved(question, pointers)
  for (const by of ['tag', 'name'] as const) {
    const found = distinct(machines.filter((machine) => machine.by === by).flatMap(({ accountId, machine }): Place[] => {
      const account = usable.find(({ id }) => id === accountId)
      return account === undefined ? [] : [{ account, machine, asset: own[0] ?? null, pointer: null, foundBy: by === 'tag' ? 'tag' : 'inventory' }]
    }))
    if (found.length > 0 && !question.isInventoryWhole) return ambiguous(question, found, `A machine fits ${wish.asset.slice(0, 200)}, but not every cloud account could be asked whether it has one too; say which is meant, try again, or put the machine on the asset list.`)
    if (found.length > 0) return one(question, found)
  }
  if (usable.length === 0) return noAccount(question)
  return refused('target_unknown', `No machine of the name ${wish.asset.slice(0, 200)} was found on the asset list${question.isInventoryWhole ? ' or in the cloud accounts' : ', and the cloud accounts could not all be asked'}; give the asset its instance id on the asset list, or say which machine is meant.`)
}

/** The asset list has it; what labels say may only agree, or choose among several. */
function besideClaims(question: TargetQuestion, listed: readonly Place[], claims: readonly { readonly pointer: Pointer; readonly places: readonly Place[] }[]): TargetAnswer {
  const agreeing = listed.filter((place) => claims.some(({ pointer }) => sameId(pointer.instanceId, idOf(place))))
  const others = claims.filter(({ pointer }) => !listed.some((place) => sameId(pointer.instanceId, idOf(place))))
  if (others.length === 0) return one(question, agreeing.length > 0 ? agreeing : listed)
  const found = others.flatMap(({ places }) => places)
  if (found.length === 0 && question.isInventoryWhole) return unbelieved(question, others.map(({ pointer }) => pointer))
  return ambiguous(question, distinct([...listed, ...found]), `The asset list and the labels of the alert name different machines for ${question.wish.asset}; say which is meant, or correct the asset.`)
}

/** What a label may not do: point out of the company. */
function claimMistake(pointer: Pointer, { accounts, mode }: TargetQuestion): TargetRefusal | null {
  if (pointer.account === null) return null
  const own = accounts.filter((account) => account.cloud === pointer.cloud && refers(account, pointer.account ?? ''))
  if (own.length === 0) return refused('target_foreign', `The label ${pointer.label} names the ${pointer.cloud} account ${pointer.account}, which is none of the company's; add the account if it is, else mistrust the alert.`)
  return isShownOnly(mode) || own.some(({ enabled }) => enabled) ? null : refused('cloud_account_off', `The label ${pointer.label} names an account that is switched off; check it and switch it on.`)
}

function unbelieved(question: TargetQuestion, pointers: readonly Pointer[]): TargetRefusal {
  const named = pointers.map(({ instanceId, label }) => `${instanceId} (label ${label})`).slice(0, 3).join(', ')
  if (question.isInventoryWhole) return refused('target_foreign', `The alert names ${named}, which is in none of the company's enabled cloud accounts; mistrust the alert, or add the account.`)
  return refused('target_unknown', `The alert names ${named}, and the cloud accounts could not all be asked whether it is theirs; try again, or put the machine on the asset list.`)
}

function one(question: TargetQuestion, places: readonly Place[]): TargetAnswer {
  const [place] = places
  if (place === undefined) return refused('target_unknown', 'No machine was found.')
  if (places.length > 1) return ambiguous(question, places, `${places.length} machines fit ${question.wish.asset}; say which is meant.`)
  const made = targetOf(place, question)
  return 'why' in made ? refused(made.code, made.why) : { kind: 'found', ...made }
}

function ambiguous(question: TargetQuestion, places: readonly Place[], why: string): TargetRefusal {
  return refused('target_ambiguous', why, places.slice(0, 20).flatMap((place) => {
    const made = targetOf(place, question)
    return 'why' in made ? [] : [made.target]
  }))
}

function noAccount({ accounts, mode }: TargetQuestion): TargetRefusal {
  if (accounts.some((account) => !account.enabled && fitsMode(account, mode))) return refused('cloud_account_off', 'The company\'s cloud account is switched off; check it and switch it on.')
  return refused('no_cloud_account', `The company has no cloud account for mode ${mode}; add one, and the machine to the asset list.`)
}

/** In mode demo nothing is called, so a machine need not exist. */
function madeUp({ wish, systems }: TargetQuestion): TargetAnswer {
  const target: RunTarget = { asset: wish.asset, cloud: 'aws', cloudAccountId: 'demo', system: systems[0] ?? 'linux', region: 'demo', instanceId: 'demo', group: null, foundBy: 'inventory', isCritical: false }
  return { kind: 'found', target, tags: {}, remarks: [`No machine of the name ${wish.asset} was found; in mode demo a made-up one stands for it.`] }
}

/**
 * Accounts that may serve the run. What is only shown is shown as production would do it, where there are accounts of production, and may be about one that is
 * not switched on yet: the guard says that it would be refused.
 */
export function accountsFor({ accounts, mode, cloud }: Pick<TargetQuestion, 'accounts' | 'mode' | 'cloud'>): readonly PlanAccount[] {
  const fitting = accounts.filter((account) => fitsMode(account, mode) && (cloud === null || account.cloud === cloud))
  const on = fitting.filter(({ enabled }) => enabled)
  if (!isShownOnly(mode)) return on
  const shown = on.length > 0 ? on : fitting
  const real = shown.filter(({ environment }) => environment === 'production')
  return real.length > 0 ? real : shown
}

/** Where an asset of the list is: in the account it names; without one in any of its cloud, of which the cloud may say which. */
function placesOfAsset(asset: PlanAsset, usable: readonly PlanAccount[], { machines, isInventoryWhole }: TargetQuestion): Place[] {
  const id = asset.instanceId ?? asset.vmName
  if (id === null) return []
  const places = usable.filter((account) => isPlacedIn(asset, account)).map((account): Place => ({
    account, asset, pointer: null, foundBy: 'asset_list', machine: machines.find((found) => found.accountId === account.id && sameId(found.machine.instanceId, id))?.machine ?? null,
  }))
  const known = places.filter(({ machine }) => machine !== null)
  // Ids of AWS are nobody else's; names of machines elsewhere may be those of another account too, which did not answer.
  const isSure = isInventoryWhole || known.every(({ account }) => account.cloud === 'aws')
  return places.length > 1 && known.length > 0 && isSure ? known : places
}

function isPlacedIn(asset: PlanAsset, account: PlanAccount): boolean {
  return (asset.cloud === null || asset.cloud === account.cloud) && (asset.account === null || refers(account, asset.account))
}

function placesOfPointer(pointer: Pointer, usable: readonly PlanAccount[], { machines, assets }: TargetQuestion): Place[] {
  return usable.filter((account) => account.cloud === pointer.cloud && (pointer.account === null || refers(account, pointer.account))).flatMap((account): Place[] => {
    const machine = machines.find((found) => found.accountId === account.id && sameId(found.machine.instanceId, pointer.instanceId) && (pointer.group === null || found.machine.group === null || key(found.machine.group) === key(pointer.group)))?.machine ?? null
    const asset = assets.find((listed) => isPlacedIn(listed, account) && sameId(listed.instanceId ?? listed.vmName ?? '', pointer.instanceId)) ?? null
    return machine === null && asset === null ? [] : [{ account, machine, asset, pointer, foundBy: 'label' }]
  })
}

function idOf({ machine, asset, pointer }: Place): string {
  return machine?.instanceId ?? asset?.instanceId ?? asset?.vmName ?? pointer?.instanceId ?? ''
}

function distinct(places: readonly Place[]): Place[] {
  return [...new Map(places.map((place) => [`${place.account.id} ${key(idOf(place))} ${key(place.machine?.group ?? place.asset?.resourceGroup ?? place.pointer?.group ?? '')}`, place] as const).reverse()).values()].reverse()
}

const key = (name: string): string => name.trim().toLowerCase()
const sameId = (a: string, b: string): boolean => a !== '' && key(a) === key(b)
