/** What of a cloud account planning goes by. */
import type { PlanAccount } from '../../schemas/remediation-match.ts'
import type { Mode } from '../../schemas/settings.ts'

/** Fields that name the account in the cloud's own words. */
const NAMES = ['accountId', 'subscriptionId', 'projectId']

/** Whether a text names this account: by the cloud's id of it, by our id, or by the name people gave it. */
export function refers(account: PlanAccount, text: string): boolean {
  const wanted = text.trim().toLowerCase()
  return [account.id, account.name, ...NAMES.map((name) => account.fields[name] ?? '')].some((name) => name !== '' && name.trim().toLowerCase() === wanted)
}

/** Whether an account serves a mode: sandbox runs go to sandbox accounts alone; what is only shown may be about any. */
export function fitsMode({ environment }: Pick<PlanAccount, 'environment'>, mode: Mode): boolean {
  return isShownOnly(mode) || environment === mode
}

/** Modes in which no cloud is called, not even to find out about a machine. */
export function isShownOnly(mode: Mode): boolean {
  return mode === 'dry-run' || mode === 'demo'
}

/** The regions an account is used in; empty where it does not say. */
export function regionsOf({ fields }: PlanAccount): readonly string[] {
  return (fields['regions'] ?? '').split(',').map((region) => region.trim()).filter((region) => region !== '')
}
