import { refuse, type Rule } from '../case.ts'

/** A run has targets, each named once, or machines among which a person can choose. */
export const someTarget: Rule = ({ facts, assets }) => {
  if (assets.length === 0 && facts.candidates > 0) return null
  if (assets.length === 0) return refuse('target_unknown', 'No machine is named; say which one is meant, or give the asset its instance id in the asset list.')
  const twice = assets.find(({ name, machine }, at) => assets.slice(0, at).some((other) => other.name === name || other.machine === machine))
  return twice === undefined ? null : refuse('target_ambiguous', `${twice.shown} is named twice, or for more than one machine; choose one of them.`)
}

/** No more machines than the runbook and the settings allow in one run. */
export const targetsFew: Rule = ({ facts, limits, assets }) => {
  const most = Math.min(facts.runbook.limits.maxTargets, limits.maxTargets)
  return assets.length <= most ? null : refuse('too_many_targets', `${assets.length} machines are named and ${most} are allowed in one run; name fewer, or ask an MSP Admin to raise maxTargets.`)
}

/** The runbook is written for the system of each machine. */
export const systemFits: Rule = ({ facts: { runbook, targets } }) => {
  const wrong = targets.find(({ system }) => !runbook.systems.includes(system))
  return wrong === undefined ? null : refuse('system_unsupported', `${wrong.asset} runs ${wrong.system}, and the runbook ${runbook.id} is for ${runbook.systems.join(' and ')}; choose another runbook.`)
}

/** Each machine is in an account of this company that is switched on and belongs to the mode: sandbox runs go to sandbox accounts, others to production accounts. */
export const accountFits: Rule = ({ facts: { companyId, targets, accounts, mode } }) => {
  for (const { asset, cloudAccountId } of targets) {
    const account = accounts.find(({ id }) => id === cloudAccountId)
    if (account === undefined) return refuse('no_cloud_account', `The cloud account of ${asset} is not known; add it under the company's cloud accounts.`)
    if (account.companyId !== companyId) return refuse('target_foreign', `${asset} is in a cloud account of another company; nothing is run there.`)
    if (!account.enabled) return refuse('cloud_account_off', `The cloud account of ${asset} is switched off; check it and switch it on.`)
    if (account.environment !== (mode === 'sandbox' ? 'sandbox' : 'production')) return refuse('no_cloud_account', `${asset} is in a cloud account for ${account.environment}, which is not used in mode ${mode}; choose a machine of the right account or another mode.`)
  }
  return null
}
