/** The commands of remediation, as main.ts puts them on the program. What each does is loaded when it is called. */
import type { Command } from 'commander'
import type { Config } from '../config.ts'
import type { ApiClient } from './client.ts'
import type { RunOptions } from './runbook.ts'

interface Json { json?: boolean }

/** What main.ts lends. */
export interface CommandTools {
  readonly config: () => Config
  readonly print: (options: Json, value: unknown, text: () => string) => void
  /** Aborts when a person stops the command. */
  readonly interrupted: () => AbortSignal
  readonly whole: (text: string) => number
}

/** Puts `runbook`, `run`, `approve`, `refuse`, `approvals`, `cloud` and `remediation` on the program. */
export function remediationCommands(program: Command, { config, print, interrupted, whole }: CommandTools): void {
  const client = async (): Promise<ApiClient> => new (await import('./client.ts')).ApiClient(config())
  const several = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]
  const ofCompany = (command: Command, why = 'the MSP\'s own where none is named'): Command => command.option('--company <name>', why).option('--json')
  const asking = (command: Command): Command => command.requiredOption('--company <name>').option('--incident <id>').option('--target <asset>', 'name, alias, address or instance id; may come several times', several).option('--input <name=value>', 'may come several times', several)
    .option('--inputs <file>', 'JSON').option('--cloud <cloud>', 'aws, azure, gcp or datto_rmm').option('--mode <mode>', 'not above the company\'s own').option('--json')

  const runbook = program.commands.find((command) => command.name() === 'runbook') ?? program.command('runbook').description('runbooks: the library, and what people add to it')
  ofCompany(runbook.command('list')).description('all, with risk and how they have done').action(async ({ json, ...options }: Json & { company?: string }) => {
    const { listRunbooks, runbooksText } = await import('./runbook.ts')
    const items = await listRunbooks(await client(), options)
    print({ json: json === true }, items, () => runbooksText(items))
  })
  ofCompany(runbook.command('show').argument('<id>')).description('one with its scripts, inputs and limits').action(async (id: string, { json, ...options }: Json & { company?: string }) => {
    const { runbookText, showRunbook } = await import('./runbook.ts')
    const book = await showRunbook(await client(), id, options)
    print({ json: json === true }, book, () => runbookText(book))
  })
  asking(runbook.command('plan').argument('<id>')).description('what a run would do, exact commands included; nothing is run').action(async (id: string, { json, ...options }: Json & RunOptions) => {
    const { planRunbook, planText } = await import('./runbook.ts')
    const plan = await planRunbook(await client(), id, options)
    print({ json: json === true }, plan, () => planText(plan))
    if (plan.plan === null) process.exitCode = 1
  })
  asking(runbook.command('run').argument('<id>')).option('--key <key>', 'idempotency key: the same key and request run once').option('--follow', 'show what it writes until it ends').description('ask for a run')
    .action(async (id: string, { json, follow: isFollowed, ...options }: Json & RunOptions & { key?: string; follow?: boolean }) => {
      const [{ runRunbook }, { runText }] = await Promise.all([import('./runbook.ts'), import('./run.ts')])
      const run = await runRunbook(await client(), id, options)
      if (isFollowed === true) return follow(run.id, json === true)
      print({ json: json === true }, run, () => `${runText(run)}\n\n\`aw run follow ${run.id}\` shows what becomes of it`)
    })
  runbook.command('script').argument('<file>', '*.sh for Linux, *.ps1 for Windows').requiredOption('--company <name>').requiredOption('--summary <text>', 'what it is for, for whoever approves it').option('--target <asset>', 'may come several times', several)
    .option('--incident <id>').option('--cloud <cloud>').option('--mode <mode>').option('--timeout <seconds>', '300 unless given', whole).option('--key <key>', 'idempotency key').option('--json').description('ask for a one-off script: high risk, and somebody else has to approve it')
    .action(async (file: string, { json, ...options }: Json & { company: string; summary: string; target?: readonly string[]; incident?: string; cloud?: string; mode?: string; timeout?: number; key?: string }) => {
      const [{ runScript }, { runText }] = await Promise.all([import('./runbook.ts'), import('./run.ts')])
      const run = await runScript(await client(), file, options)
      print({ json: json === true }, run, () => runText(run))
    })
  runbook.command('replay').requiredOption('--company <name>').option('--from <time>', 'seven days ago unless given').option('--to <time>').option('--limit <n>', 'incidents at most', whole).option('--json').description('past incidents against the present library: what would have run')
    .action(async ({ json, ...options }: Json & { company: string; from?: string; to?: string; limit?: number }) => {
      const { replayRunbooks, replayText } = await import('./runbook.ts')
      const view = await replayRunbooks(await client(), options)
      print({ json: json === true }, view, () => replayText(view))
    })
  ofCompany(runbook.command('add').argument('<folder>', 'its name is the id')).description('save a folder as a runbook; refused with every mistake').action(async (folder: string, { json, ...options }: Json & { company?: string }) => {
    const { addRunbook } = await import('./runbook.ts')
    const saved = await addRunbook(await client(), folder, options)
    print({ json: json === true }, saved, () => `${saved.id}, version ${saved.version}, is in the library${options.company === undefined ? ' of all companies' : ` of ${options.company}`}`)
  })
  ofCompany(runbook.command('remove').argument('<id>')).description('remove one that people made').action(async (id: string, { json, ...options }: Json & { company?: string }) => {
    const { removeRunbook } = await import('./runbook.ts')
    await removeRunbook(await client(), id, options)
    print({ json: json === true }, { removed: id }, () => `${id} is removed; runs that were made of it keep theirs`)
  })

  const run = program.command('run').description('runs of runbooks')
  ofCompany(run.command('list'), 'all companies where none is named').option('--incident <id>').option('--status <status>', 'one or several with commas; open for all that have not ended').option('--limit <n>', 'runs shown', whole).description('the newest')
    .action(async ({ json, ...options }: Json & { company?: string; incident?: string; status?: string; limit?: number }) => {
      const { listRuns, runsText } = await import('./run.ts')
      const runs = await listRuns(await client(), options)
      print({ json: json === true }, runs, () => runsText(runs))
    })
  run.command('show').argument('<id>').option('--json').description('one with its commands and approvals').action(async (id: string, { json }: Json) => {
    const { runText, showRun } = await import('./run.ts')
    const shown = await showRun(await client(), id)
    print({ json: json === true }, shown, () => runText(shown))
  })
  run.command('cancel').argument('<id>').option('--json').description('ask for its end').action(async (id: string, { json }: Json) => {
    const { cancelRun, runText } = await import('./run.ts')
    const asked = await cancelRun(await client(), id)
    print({ json: json === true }, asked, () => `${runText(asked)}\n\nits end is asked for; nothing more is sent`)
  })
  run.command('follow').argument('<id>').option('--json').description('what it writes, as it comes, until it ends').action((id: string, { json }: Json) => follow(id, json === true))

  async function follow(id: string, isJson: boolean): Promise<void> {
    const { followRun, hasFailed, pieceWriter, runText } = await import('./run.ts')
    const ended = await followRun(await client(), id, isJson ? (piece) => console.log(JSON.stringify(piece)) : pieceWriter((text) => process.stdout.write(text)), interrupted())
    print({ json: isJson }, ended, () => `\n${runText(ended)}`)
    if (hasFailed(ended)) process.exitCode = 1
  }

  ofCompany(program.command('approvals'), 'all companies where none is named').option('--all', 'those that were decided too').description('what waits for a person\'s yes').action(async ({ json, ...options }: Json & { company?: string; all?: boolean }) => {
    const { approvalsText, listApprovals } = await import('./run.ts')
    const items = await listApprovals(await client(), options)
    print({ json: json === true }, items, () => approvalsText(items))
  })
  program.command('approve').argument('<approval>', 'its id, as `aw approvals` lists it').option('--comment <text>').option('--machine <instance>', 'which machine is meant, where that is the question').option('--json').description('say yes to a plan')
    .action((id: string, options: Json & { comment?: string; machine?: string }) => answer(id, 'approve', options))
  program.command('refuse').argument('<approval>').option('--comment <text>').option('--json').description('say no to a plan').action((id: string, options: Json & { comment?: string }) => answer(id, 'refuse', options))

  async function answer(id: string, word: 'approve' | 'refuse', { json, ...options }: Json & { comment?: string; machine?: string }): Promise<void> {
    const { decide, decidedText } = await import('./run.ts')
    const decided = await decide(await client(), id, word, options)
    print({ json: json === true }, decided, () => decidedText(decided))
  }

  const cloud = program.command('cloud').description('clouds of a company')
  const clouds = (command: Command): Command => command.requiredOption('--company <name>').option('--json')
  clouds(cloud.command('onboard').argument('<cloud>', 'aws, azure, gcp or datto_rmm')).option('--name <name>', 'the cloud\'s unless given').option('--sandbox', 'for runs of mode sandbox alone').option('--field <name=value>', 'may come several times: accountId, roleArn, regions, tenantId, …', several)
    .option('--secret-file <file>', 'of Azure or GCP; - for standard input').description('bring a cloud in: the policies and commands to copy, with a fresh external id')
    .action(async (kind: string, { json, ...options }: Json & { company: string; name?: string; sandbox?: boolean; field?: readonly string[]; secretFile?: string }) => {
      const { onboardCloud, onboardingText } = await import('./cloud.ts')
      const view = await onboardCloud(await client(), { cloud: kind, ...options }, process.stdin)
      print({ json: json === true }, view, () => onboardingText(view))
    })
  clouds(cloud.command('list')).description('all, with what their last check found').action(async ({ json, company }: Json & { company: string }) => {
    const { cloudsText, listClouds } = await import('./cloud.ts')
    const items = await listClouds(await client(), company)
    print({ json: json === true }, items, () => cloudsText(items))
  })
  clouds(cloud.command('check').argument('<account>', 'its name or id')).option('--use', 'put it into use where it works').option('--instance <id>', 'run a harmless command there').option('--region <region>').option('--group <group>', 'resource group or zone').option('--system <system>', 'linux or windows').description('whether it works')
    .action(async (named: string, { json, ...options }: Json & { company: string; use?: boolean; instance?: string; region?: string; group?: string; system?: string }) => {
      const { checkCloud, checkText } = await import('./cloud.ts')
      const checked = await checkCloud(await client(), named, options)
      print({ json: json === true }, checked, () => checkText(checked))
      if (checked.check?.ok !== true) process.exitCode = 1
    })
  clouds(cloud.command('remove').argument('<account>', 'its name or id')).description('take it away, with its secret').action(async (named: string, { json, company }: Json & { company: string }) => {
    const { removeCloud } = await import('./cloud.ts')
    await removeCloud(await client(), named, company)
    print({ json: json === true }, { removed: named }, () => `${named} is removed; take its role or secret away in the cloud too`)
  })

  const remediation = program.command('remediation').description('what the MSP and companies allow, and the stop switch')
  ofCompany(remediation.command('show')).description('what is set, and what holds').action(async ({ json, ...whose }: Json & { company?: string }) => {
    const { remediationText, showRemediation } = await import('./remediation.ts')
    const view = await showRemediation(await client(), whose)
    print({ json: json === true }, view, () => remediationText(view))
  })
  ofCompany(remediation.command('set').argument('<file>', 'JSON')).option('--expected <n>', 'the revision it was made on', whole).description('save a file as what is allowed').action(async (file: string, { json, ...options }: Json & { company?: string; expected?: number }) => {
    const { remediationText, setRemediation } = await import('./remediation.ts')
    const view = await setRemediation(await client(), file, options)
    print({ json: json === true }, view, () => remediationText(view))
  })
  ofCompany(remediation.command('stop'), 'all companies where none is named').requiredOption('--reason <text>').description('the stop switch: nothing starts, and what runs is ended after its present command').action(async ({ json, ...options }: Json & { company?: string; reason: string }) => {
    const { remediationText, stopRemediation } = await import('./remediation.ts')
    const view = await stopRemediation(await client(), options)
    print({ json: json === true }, view, () => remediationText(view))
  })
  ofCompany(remediation.command('resume'), 'all companies where none is named').description('take the stop switch back').action(async ({ json, ...whose }: Json & { company?: string }) => {
    const { remediationText, resumeRemediation } = await import('./remediation.ts')
    const view = await resumeRemediation(await client(), whose)
    print({ json: json === true }, view, () => remediationText(view))
  })
}
