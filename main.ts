/** The command line `aw`. Exit codes: 0 done, 1 failed, 2 wrong usage; errors in one line on standard error, with --json as an object. */
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'
import { Command, CommanderError } from 'commander'
import type { AdviceOptions } from './cli/advice.ts'
import type { AdapterBacktestOptions } from './cli/backtest-adapter.ts'
import type { LetterOptions } from './cli/dead-letters.ts'
import type { CreateOptions, RotateOptions } from './cli/integrations.ts'
import type { SampleOptions } from './cli/mapping.ts'
import { connectionCommands } from './cli/connection-commands.ts'
import { remediationCommands } from './cli/remediation-commands.ts'
import { ticketCommands } from './cli/ticket-commands.ts'
import { environment, readConfig } from './config.ts'
import { ROLE_NAMES } from './app/roles/names.ts'
import { systemClock } from './schemas/clock.ts'
import { AppError, toAppError } from './schemas/errors.ts'

// What a command loads beyond this file is compiled once for each release: the next start has it ready. Where the folder cannot be written it is compiled as ever.
enableCompileCache(join(import.meta.dirname, 'node_modules/.cache/alert-whisperer/compiled'))

interface Json { json?: boolean }
interface BacktestOptions { alerts?: string; company?: string; from?: string; to?: string; limit?: number; topology?: string; settings?: string; compare?: string; out?: string; live?: boolean; tune?: boolean; truth?: string; seed?: number; evaluations?: number }

const program = new Command('aw')
  .description('Alert Whisperer: alerts in, few explained incidents out.')
  .exitOverride()
  .configureOutput({ outputError: () => undefined })
  .showHelpAfterError(false)

program.command('up').description('run every role in one process').action(async () => {
  const { up } = await import('./cli/up.ts')
  await up(readConfig(environment()))
})

program.command('role').description('run these roles only, on servers').argument('<role...>', ROLE_NAMES.join(', ')).action(async (roles: string[]) => {
  const { role } = await import('./cli/up.ts')
  await role(readConfig(environment()), roles)
})

const company = program.command('company').description('companies')
company.command('create').argument('<name>').option('--json').description('onboard a company; its secrets are shown this once').action(async (name: string, options: Json) => {
  const { ApiClient } = await import('./cli/client.ts')
  const made = await new ApiClient(readConfig(environment())).call<{ id: string; name: string; apiKey: string; hmacSecret: string; webhookUrl: string }>('POST', '/api/companies', { name })
  print(options, made, () => `company      ${made.name} (${made.id})\nwebhook      ${made.webhookUrl}\nAPI key      ${made.apiKey}\nHMAC secret  ${made.hmacSecret}\nBoth secrets are shown this once.\nIts tools, one by one: aw integration create --company ${JSON.stringify(made.name)} --source <source>; \`aw sources\` lists them.`)
})
company.command('mode').argument('<name>').argument('[mode]', 'demo, dry-run, sandbox or production').option('--json').description('whether its tickets and repairs are real; set, or shown').action(async (name: string, mode: string | undefined, options: Json) => {
  const [{ ApiClient }, { companyMode, companyModeText }] = await Promise.all([import('./cli/client.ts'), import('./cli/company-mode.ts')])
  const view = await companyMode(new ApiClient(readConfig(environment())), name, mode)
  print(options, view, () => companyModeText(view))
})

const integration = program.command('integration').description('the tools of a company, each with its own key and secret')
const ofCompany = (name: string): Command => integration.command(name).requiredOption('--company <name>').option('--json')
ofCompany('create').requiredOption('--source <source>', 'kind of monitoring tool, as `aw sources` lists them, or a word of your own').option('--unsigned', 'the tool cannot sign')
  .option('--name <name>', 'the source unless given').option('--heartbeat <time>', 'how often it must be heard: 5m, 1h').option('--mapping <file>', 'JSON file of a mapping that reads its payloads')
  .option('--vendor-secret-file <file>', 'the secret its vendor shares; - for standard input').description('connect a tool: address, key and secret, shown this once, and what to do in the tool')
  .action(async ({ json, ...options }: Json & CreateOptions) => {
    const [{ ApiClient }, { createIntegration, createdText }] = await Promise.all([import('./cli/client.ts'), import('./cli/integrations.ts')])
    const made = await createIntegration(new ApiClient(readConfig(environment())), options, process.stdin)
    print({ json: json === true }, made, () => createdText(made))
    if (json !== true) for (const warning of made.warnings) console.error(`aw: warning: ${warning}`)
  })
ofCompany('list').description('all of a company, with when each key was last used').action(async ({ company, ...options }: Json & { company: string }) => {
  const [{ ApiClient }, { listIntegrations, integrationListText }] = await Promise.all([import('./cli/client.ts'), import('./cli/integrations.ts')])
  const list = await listIntegrations(new ApiClient(readConfig(environment())), company)
  print(options, list, () => integrationListText(list))
})
ofCompany('rotate').argument('<integration>', 'its name or id').option('--overlap <time>', 'how long what was there before works on, a day unless given; 0 ends it at once')
  .option('--vendor-secret-file <file>', 'store a new secret of the vendor, in place of a new key').description('a new key and secret, shown this once')
  .action(async (named: string, { json, ...options }: Json & RotateOptions) => {
    const [{ ApiClient }, { rotateIntegration, rotatedText }] = await Promise.all([import('./cli/client.ts'), import('./cli/integrations.ts')])
    const rotated = await rotateIntegration(new ApiClient(readConfig(environment())), named, options, process.stdin)
    print({ json: json === true }, rotated, () => rotatedText(rotated))
  })
ofCompany('revoke-key').argument('<integration>', 'its name or id').argument('<key>', 'id of the key').description('end one key and its secret').action(async (named: string, key: string, { company, ...options }: Json & { company: string }) => {
  const [{ ApiClient }, { revokeKey, revokedText }] = await Promise.all([import('./cli/client.ts'), import('./cli/integrations.ts')])
  const revoked = await revokeKey(new ApiClient(readConfig(environment())), named, key, company)
  print(options, revoked, () => revokedText(revoked))
})
ofCompany('remove').argument('<integration>', 'its name or id').description('end an integration and its keys; what it delivered stays').action(async (named: string, { company, ...options }: Json & { company: string }) => {
  const [{ ApiClient }, { removeIntegration, removedText }] = await Promise.all([import('./cli/client.ts'), import('./cli/integrations.ts')])
  const removed = await removeIntegration(new ApiClient(readConfig(environment())), named, company)
  print(options, removed, () => removedText(removed))
})

program.command('topology').argument('<file>', 'JSON: {"nodes": [{"id"}], "edges": [{"from", "to", "kind"}]}; from depends on to').requiredOption('--company <name>').option('--json')
  .description('give a company its dependency graph, in the place of the one before').action(async (file: string, { company, ...options }: Json & { company: string }) => {
    const [{ ApiClient }, { postTopology, postedText }] = await Promise.all([import('./cli/client.ts'), import('./cli/topology.ts')])
    const posted = await postTopology(new ApiClient(readConfig(environment())), file, company)
    print(options, posted, () => postedText(posted))
  })

program.command('sources').argument('[source]').option('--json').description('the tools with an adapter, or how to set one up; no server needed').action(async (source: string | undefined, options: Json) => {
  const { guideOf, guideText, sourceList, sourceListText } = await import('./cli/sources.ts')
  if (source === undefined) return print(options, sourceList(), () => sourceListText(sourceList()))
  print(options, guideOf(source), () => guideText(guideOf(source)))
})

const mapping = program.command('mapping').description('reading a tool that has no adapter, by expressions')
const ofSample = (command: Command): Command => command.option('--source <source>', 'the alerts carry it').option('--content-type <type>', 'of the payload').option('--json')
ofSample(mapping.command('suggest')).description('a mapping for the payload on standard input; how sure it is of each field on standard error').action(async ({ json, ...options }: Json & SampleOptions) => {
  const [{ ApiClient }, { readAll }, { fieldsText, mappingText, suggestMapping }] = await Promise.all([import('./cli/client.ts'), import('./cli/input.ts'), import('./cli/mapping.ts')])
  const suggestion = await suggestMapping(new ApiClient(readConfig(environment())), options, (await readAll(process.stdin)).toString())
  print({ json: json === true }, suggestion, () => mappingText(suggestion.mapping))
  if (json !== true) console.error(`\n${fieldsText(suggestion)}`)
})
ofSample(mapping.command('try')).requiredOption('--mapping <file>', 'JSON').description('what a mapping makes of the payload on standard input').action(async ({ json, mapping: file, ...options }: Json & SampleOptions & { mapping: string }) => {
  const [{ ApiClient }, { readAll }, { faultLines, trialText, tryMapping }] = await Promise.all([import('./cli/client.ts'), import('./cli/input.ts'), import('./cli/mapping.ts')])
  const trial = await tryMapping(new ApiClient(readConfig(environment())), file, options, (await readAll(process.stdin)).toString())
  print({ json: json === true }, trial, () => trialText(trial))
  if (json !== true) for (const line of faultLines(trial)) console.error(`aw: not read: ${line}`)
  if (trial.faults.length > 0) process.exitCode = 1
})

program.command('send').argument('<file...>').requiredOption('--source <source>', 'kind of monitoring tool, or alerts for the generic form')
  .requiredOption('--company <name>').option('--rate <n>', 'deliveries a second', positive).option('--json')
  .description('post recorded payloads and show what became of them')
  .action(async (files: string[], options: Json & { source: string; company: string; rate?: number }) => {
    const [{ ApiClient }, { send, sendReport }] = await Promise.all([import('./cli/client.ts'), import('./cli/send.ts')])
    const api = new ApiClient(readConfig(environment()))
    const report = await send(api, files, { source: options.source, company: options.company, rate: options.rate ?? null }, systemClock)
    print(options, report, () => sendReport(report, api.url))
  })

program.command('normalise').requiredOption('--source <source>').option('--json').option('--content-type <type>', 'of the payload').option('--mapping <file>', 'JSON file of a mapping that reads it')
  .description('a payload on standard input to normalised alerts on standard output; no server needed')
  .action(async (options: Json & { source: string; contentType?: string; mapping?: string }) => {
    const { normaliseInput } = await import('./cli/normalise.ts')
    const { alerts, rejected } = await normaliseInput(options.source, process.stdin, options.contentType, options.json === true, options.mapping)
    console.log(alerts)
    for (const one of rejected) console.error(`aw: not read: ${one}`)
  })

program.command('learn-topology').requiredOption('--alerts <file>', '.jsonl or .jsonl.gz, of one company').requiredOption('--out <file>', 'the graph, for aw topology or aw backtest --topology').option('--json')
  .description('read a dependency graph off alerts of the past; no server needed, and nothing is put in force')
  .action(async (options: Json & { alerts: string; out: string }) => {
    const { learnTopologyFile, learnedText } = await import('./cli/learn-topology.ts')
    const learned = await learnTopologyFile(options.alerts, options.out)
    print(options, learned, () => learnedText(learned, options.out))
  })

program.command('backtest').option('--alerts <file>', '.jsonl or .jsonl.gz').option('--company <name>', 'stored history of a company, in the running program').option('--from <time>', 'with --company; a week back unless given')
  .option('--to <time>', 'with --company').option('--limit <n>', 'with --company: alerts at most', positive).option('--topology <file>').option('--settings <file>', 'settings to try, JSON').option('--compare <file>', 'settings to compare them with; those in force with --company')
  .option('--out <file>', 'one line an alert; with --tune the settings file').option('--live', 'with --alerts: tell problems apart as the running program does').option('--tune', 'search settings: over a file with --truth, over history by what people corrected').option('--truth <file>', 'with --tune: one line an alert')
  .option('--seed <n>', 'with --tune; 1 unless given', wholeFrom0).option('--evaluations <n>', 'with --tune: settings tried at most, 60 unless given', positive).option('--json').description('correlate a file offline, or try settings on stored history')
  .action(async ({ json, ...options }: Json & BacktestOptions) => {
    const { backtest, backtestHistory, compareFile, comparisonText } = await import('./cli/backtest.ts')
    const { alerts, company, out, compare, topology, settings, tune, truth, seed, evaluations, live, ...span } = options
    const shared = { ...(topology === undefined ? {} : { topology }), ...(settings === undefined ? {} : { settings }) }
    const ofFile = { ...shared, ...(live === true ? { live } : {}) }
    if ((alerts === undefined) === (company === undefined)) throw new AppError('usage', 'name a file with --alerts, or a company with --company')
    if (tune === true) {
      if (out === undefined || (alerts !== undefined && truth === undefined)) throw new AppError('usage', '--tune needs --out for the settings file, and --truth with --alerts')
      const { tuneOverFile, tuneOverHistory, tuneText, writeTuned } = await import('./cli/backtest.ts')
      const searched = { ...(seed === undefined ? {} : { seed }), ...(evaluations === undefined ? {} : { evaluations }) }
      const { ApiClient } = await import('./cli/client.ts')
      const tuned = company !== undefined ? (await tuneOverHistory(new ApiClient(readConfig(environment())), { ...span, ...searched, company }, systemClock, interrupted())).tuned
        : alerts === undefined || truth === undefined ? null : await tuneOverFile({ ...ofFile, ...searched, alerts, truth })
      if (tuned === null) return
      writeTuned(tuned, out)
      return print({ json: json === true }, tuned, () => tuneText(tuned, out))
    }
    if (company !== undefined) {
      const { ApiClient } = await import('./cli/client.ts')
      const result = await backtestHistory(new ApiClient(readConfig(environment())), { ...span, ...shared, ...(compare === undefined ? {} : { compare }), company }, systemClock, interrupted())
      return print({ json: json === true }, result, () => comparisonText(result))
    }
    if (alerts === undefined) return
    if (compare !== undefined) {
      const view = await compareFile({ ...ofFile, alerts, compare })
      return print({ json: json === true }, view, () => comparisonText(view))
    }
    const { summary, text } = await backtest({ ...ofFile, alerts, ...(out === undefined ? {} : { out }) })
    print({ json: json === true }, summary, () => text)
  })

program.command('advice').requiredOption('--company <name>').option('--from <time>', '30 days back unless given').option('--to <time>').option('--time-zone <name>', 'as Europe/London; UTC unless given')
  .option('--apply <id>', 'add the rule of this advice to the rule book').option('--try <id>', 'a backtest with the rule of this advice in place').option('--json').description('what the past suggests to change, with its figures')
  .action(async ({ json, apply, try: tried, ...options }: Json & AdviceOptions & { apply?: string; try?: string }) => {
    const [{ ApiClient }, { adviceText, applyAdvice, listAdvice, tryAdvice }] = await Promise.all([import('./cli/client.ts'), import('./cli/advice.ts')])
    const api = new ApiClient(readConfig(environment()))
    if (apply !== undefined && tried !== undefined) throw new AppError('usage', 'apply an advice or try it, not both')
    if (apply !== undefined) {
      const applied = await applyAdvice(api, apply, options)
      return print({ json: json === true }, applied, () => `applied, as revision ${applied.revision} of the rules: ${applied.advice.text}`)
    }
    if (tried !== undefined) {
      const [{ backtestId }, { comparisonText, followBacktest }] = [await tryAdvice(api, tried, options), await import('./cli/backtest.ts')]
      const result = await followBacktest(api, backtestId, systemClock, interrupted())
      return print({ json: json === true }, result, () => comparisonText(result))
    }
    const view = await listAdvice(api, options)
    print({ json: json === true }, view, () => adviceText(view))
  })

const settings = program.command('settings').description('settings, which cascade from the MSP to its companies')
settings.command('apply').argument('<file>', 'JSON, as a backtest takes it').requiredOption('--company <name>').option('--json').description('put a settings file in force; what a tuner wrote only holds once somebody does this')
  .action(async (file: string, { json, company: name }: Json & { company: string }) => {
    const [{ ApiClient }, { applySettings }] = await Promise.all([import('./cli/client.ts'), import('./cli/settings.ts')])
    const applied = await applySettings(new ApiClient(readConfig(environment())), file, name)
    print({ json: json === true }, applied, () => `${name}: ${applied.applied.length === 0 ? 'the file sets nothing' : `set ${applied.applied.join(', ')}`}`)
  })

program.command('receipt').argument('<delivery>', 'its id, as the webhook answered it').option('--integration <id>', 'the delivery is named by its sender\'s own id').option('--json')
  .description('what became of a delivery, alert by alert')
  .action(async (id: string, options: Json & { integration?: string }) => {
    const [{ ApiClient }, { receipt, receiptText }] = await Promise.all([import('./cli/client.ts'), import('./cli/receipt.ts')])
    const view = await receipt(new ApiClient(readConfig(environment())), id, options.integration)
    print(options, view, () => receiptText(view))
  })

program.command('explain').argument('<alert>', 'its id, the id of its delivery, or the key of its problem').option('--json')
  .description('the whole decision of one alert: how it was read, what it was compared with, each rule that matched or nearly did, what keeps it quiet')
  .action(async (id: string, options: Json) => {
    const [{ ApiClient }, { explain, explainText }] = await Promise.all([import('./cli/client.ts'), import('./cli/explain.ts')])
    const view = await explain(new ApiClient(readConfig(environment())), id)
    print(options, view, () => explainText(view))
  })

const rules = program.command('rules').description('rule books: of the MSP for all companies, or of one')
const ofRules = (command: Command): Command => command.option('--company <name>', 'the MSP\'s own where none is named').option('--json')
ofRules(rules.command('show')).option('--revision <n>', 'an earlier one', wholeNumber).description('the rule book, what is in effect of it, and its latest revisions')
  .action(async ({ json, ...options }: Json & { company?: string; revision?: number }) => {
    const [{ ApiClient }, { rulesText, showRules }] = await Promise.all([import('./cli/client.ts'), import('./cli/rules.ts')])
    const shown = await showRules(new ApiClient(readConfig(environment())), options)
    print({ json: json === true }, shown, () => rulesText(shown))
  })
rules.command('check').argument('<file>', 'JSON').option('--json').description('everything wrong with a rule book; no server needed').action(async (file: string, options: Json) => {
  const { checkRules, checkText } = await import('./cli/rules.ts')
  const checked = checkRules(file)
  print(options, checked, () => checkText(checked))
  if (checked.mistakes.length > 0) process.exitCode = 1
})
ofRules(rules.command('set').argument('<file>', 'JSON')).option('--comment <why>', 'shown with the revision', '').option('--expected <n>', 'the revision it was made on: refused where somebody saved since', wholeNumber)
  .description('save a file as the rule book').action(async (file: string, { json, ...options }: Json & { company?: string; comment: string; expected?: number }) => {
    const [{ ApiClient }, { savedText, setRules }] = await Promise.all([import('./cli/client.ts'), import('./cli/rules.ts')])
    const saved = await setRules(new ApiClient(readConfig(environment())), file, options)
    print({ json: json === true }, saved, () => savedText(saved))
  })
ofRules(rules.command('rollback').argument('<revision>', 'as `aw rules show` lists them', wholeNumber)).option('--comment <why>', 'shown with the revision', '').description('put an earlier revision in force again')
  .action(async (revision: number, { json, ...options }: Json & { company?: string; comment: string }) => {
    const [{ ApiClient }, { rollBackRules, savedText }] = await Promise.all([import('./cli/client.ts'), import('./cli/rules.ts')])
    const saved = await rollBackRules(new ApiClient(readConfig(environment())), revision, options)
    print({ json: json === true }, saved, () => savedText(saved))
  })
ofRules(rules.command('diff')).option('--from <n>', 'the revision before --to unless given', wholeNumber).option('--to <n>', 'the present one unless given', wholeNumber).description('how two revisions differ, rule by rule')
  .action(async ({ json, ...options }: Json & { company?: string; from?: number; to?: number }) => {
    const [{ ApiClient }, { diffRules, ruleDiffText }] = await Promise.all([import('./cli/client.ts'), import('./cli/rules.ts')])
    const diff = await diffRules(new ApiClient(readConfig(environment())), options)
    print({ json: json === true }, diff, () => ruleDiffText(diff))
  })

settings.command('show').option('--company <name>').option('--json').description('what holds for all companies, or for one, and where each value comes from').action(async ({ company: named, ...options }: Json & { company?: string }) => {
  const [{ ApiClient }, { settingsText, showSettings }] = await Promise.all([import('./cli/client.ts'), import('./cli/settings-diff.ts')])
  const view = await showSettings(new ApiClient(readConfig(environment())), named)
  print(options, view, () => settingsText(view))
})
settings.command('diff').option('--company <name>').option('--json').description('which companies differ from what is set for all, in which setting or rule, who set it, when and why')
  .action(async ({ company: named, ...options }: Json & { company?: string }) => {
    const [{ ApiClient }, { diffSettings, diffText }] = await Promise.all([import('./cli/client.ts'), import('./cli/settings-diff.ts')])
    const differences = await diffSettings(new ApiClient(readConfig(environment())), named)
    print(options, differences, () => diffText(differences))
  })

const silence = program.command('silence').description('mute what holds a condition for a time')
silence.command('add').argument('<matcher...>', 'all must hold: asset=~"web-.*", labels.site=leeds').requiredOption('--company <name>').requiredOption('--reason <text>').option('--minutes <n>', 'from now on', positive).option('--until <time>', 'ISO 8601')
  .option('--json').description('mute from now on').action(async (matchers: string[], { json, ...options }: Json & { company: string; reason: string; minutes?: number; until?: string }) => {
    const [{ ApiClient }, { addSilence, silencesText }] = await Promise.all([import('./cli/client.ts'), import('./cli/silence.ts')])
    const made = await addSilence(new ApiClient(readConfig(environment())), matchers, options)
    print({ json: json === true }, made, () => silencesText([made]))
  })
silence.command('list').requiredOption('--company <name>').option('--json').description('those that have not ended').action(async ({ json, company }: Json & { company: string }) => {
  const [{ ApiClient }, { listSilences, silencesText }] = await Promise.all([import('./cli/client.ts'), import('./cli/silence.ts')])
  const list = await listSilences(new ApiClient(readConfig(environment())), company)
  print({ json: json === true }, list, () => silencesText(list))
})
silence.command('end').argument('<id>').requiredOption('--company <name>').option('--json').description('end one now').action(async (id: string, { json, company }: Json & { company: string }) => {
  const [{ ApiClient }, { endSilence }] = await Promise.all([import('./cli/client.ts'), import('./cli/silence.ts')])
  await endSilence(new ApiClient(readConfig(environment())), id, company)
  print({ json: json === true }, { ended: id }, () => `${id} has ended; what it kept quiet and still fires is told`)
})
program.command('suppressed').option('--company <name>').option('--kind <kind>', 'maintenance, silence, inhibition, dependency or hold').option('--json').description('problems that are kept quiet now, each with its reason')
  .action(async ({ json, ...filter }: Json & { company?: string; kind?: string }) => {
    const [{ ApiClient }, { listSuppressed, suppressedText }] = await Promise.all([import('./cli/client.ts'), import('./cli/silence.ts')])
    const list = await listSuppressed(new ApiClient(readConfig(environment())), filter)
    print({ json: json === true }, list, () => suppressedText(list))
  })

const channel = program.command('channel').description('rooms of Slack and Teams that are told when the remediator needs a word')
channel.command('list').option('--company <name>', 'those of the MSP unless given').option('--json').description('channels, and whether they work')
  .action(async ({ json, company }: Json & { company?: string }) => {
    const [{ ApiClient }, { channelsText, listChannels }] = await Promise.all([import('./cli/client.ts'), import('./cli/channels.ts')])
    const list = await listChannels(new ApiClient(readConfig(environment())), company)
    print({ json: json === true }, list, () => channelsText(list))
  })
channel.command('add').argument('<slack|teams>').argument('<name>').option('--company <name>', 'told of every company unless given').requiredOption('--address-file <file>', 'holds the address the chat gave; - is standard input').option('--json')
  .description('add one').action(async (kind: string, name: string, { json, ...options }: Json & { company?: string; addressFile: string }) => {
    const [{ ApiClient }, { addChannel, channelsText }] = await Promise.all([import('./cli/client.ts'), import('./cli/channels.ts')])
    const added = await addChannel(new ApiClient(readConfig(environment())), kind, name, options)
    print({ json: json === true }, added, () => channelsText([added]))
  })
channel.command('remove').argument('<id>').option('--json').description('forget one').action(async (id: string, options: Json) => {
  const [{ ApiClient }, { removeChannel }] = await Promise.all([import('./cli/client.ts'), import('./cli/channels.ts')])
  await removeChannel(new ApiClient(readConfig(environment())), id)
  print(options, { id, removed: true }, () => `removed ${id}`)
})

const audit = program.command('audit').description('who did what, from where, before and after')
audit.command('list').option('--company <name>').option('--action <action>').option('--limit <n>', 'lines shown', positive, 20).option('--json').description('the newest lines')
  .action(async ({ json, limit, ...filter }: Json & { company?: string; action?: string; limit: number }) => {
    const [{ ApiClient }, { auditText, listAudit }] = await Promise.all([import('./cli/client.ts'), import('./cli/audit.ts')])
    const list = await listAudit(new ApiClient(readConfig(environment())), { ...filter, limit: Math.min(200, Math.ceil(limit)) })
    print({ json: json === true }, list, () => auditText(list))
  })
audit.command('export').option('--company <name>').option('--from <time>').option('--to <time>').option('--out <file>', 'standard output unless given').description('lines of JSON with their place in the chain')
  .action(async ({ out, ...options }: { company?: string; from?: string; to?: string; out?: string }) => {
    const [{ ApiClient }, { exportAudit }] = await Promise.all([import('./cli/client.ts'), import('./cli/audit.ts')])
    await exportAudit(new ApiClient(readConfig(environment())), options, out)
  })
audit.command('verify').option('--file <file>', 'an export, in place of the running program').option('--head <number:hash>', 'a line that was noted earlier').option('--json').description('whether the log is as it was written')
  .action(async ({ json, ...options }: Json & { file?: string; head?: string }) => {
    const [{ ApiClient }, { chainText, verifyAudit }] = await Promise.all([import('./cli/client.ts'), import('./cli/audit.ts')])
    const report = await verifyAudit(() => new ApiClient(readConfig(environment())), options)
    print({ json: json === true }, report, () => chainText(report))
    if (!report.ok) process.exitCode = 1
  })

const runbook = program.command('runbook').description('runbooks: the library, and what people add to it')
runbook.command('check').argument('<folder...>', 'each with a runbook.yaml').option('--json').description('everything wrong with runbooks of your own; no server needed').action(async (folders: string[], options: Json) => {
  const { checkFolders, checkText } = await import('./cli/runbook-check.ts')
  const checked = await checkFolders(folders)
  print(options, checked, () => checkText(checked))
  if (checked.some(({ ok }) => !ok)) process.exitCode = 1
})

const letters = program.command('dead-letters').description('what could not be understood')
const ofLetters = (command: Command): Command => command.option('--company <name>').option('--code <code>', 'payload_invalid, record_unreadable, stage_bug').option('--stage <stage>')
  .option('--source <source>').option('--q <words>', 'words of the reason, or an id').option('--from <time>').option('--to <time>').option('--json')
ofLetters(letters.command('list')).option('--replayed <yes|no>').option('--limit <n>', 'letters shown', positive, 20).description('the newest, and how many of each code')
  .action(async ({ json, limit, ...filter }: Json & LetterOptions & { limit: number }) => {
    const [{ ApiClient }, { listLetters, letterListText }] = await Promise.all([import('./cli/client.ts'), import('./cli/dead-letters.ts')])
    const list = await listLetters(new ApiClient(readConfig(environment())), filter, Math.min(200, Math.ceil(limit)))
    print({ json: json === true }, list, () => letterListText(list))
  })
letters.command('show').argument('<id>').option('--original <file>', 'write all bytes of the original to this file').option('--json').description('one with its reason and the start of its original')
  .action(async (id: string, options: Json & { original?: string }) => {
    const [{ ApiClient }, { showLetter, letterText }] = await Promise.all([import('./cli/client.ts'), import('./cli/dead-letters.ts')])
    const letter = await showLetter(new ApiClient(readConfig(environment())), id, options.original)
    print(options, letter, () => letterText(letter))
  })
ofLetters(letters.command('replay').argument('[id]')).option('--all', 'every one that was not yet').description('send one through anew, or all that fit, oldest first')
  .action(async (id: string | undefined, { json, all, ...filter }: Json & LetterOptions & { all?: boolean }) => {
    const [{ ApiClient }, { replayLetter, replayLetters, replaySumText }] = await Promise.all([import('./cli/client.ts'), import('./cli/dead-letters.ts')])
    const api = new ApiClient(readConfig(environment()))
    const isFiltered = Object.keys(filter).length > 0
    if (id !== undefined && (isFiltered || all === true)) throw new AppError('usage', 'name one dead letter, or a filter, not both')
    if (id === undefined && !isFiltered && all !== true) throw new AppError('usage', 'name a dead letter, a filter such as --code, or --all')
    if (id !== undefined) {
      const answer = await replayLetter(api, id)
      return print({ json: json === true }, answer, () => (answer.wasReplayed ? `sent through anew before: ${answer.replayedAt} by ${answer.replayedBy}` : `sent through anew: \`aw dead-letters show ${id}\` tells what becomes of it`))
    }
    const sum = await replayLetters(api, filter)
    print({ json: json === true }, sum, () => replaySumText(sum))
    if (sum.failed.length > 0) process.exitCode = 1
  })

program.command('backtest-adapter').requiredOption('--company <name>').option('--integration <id>').option('--source <source>').option('--from <time>', 'a day ago unless given').option('--to <time>')
  .option('--limit <n>', 'deliveries at most', positive).option('--mapping <file>', 'read all of them by this mapping').option('--json')
  .description('what the present adapters, or a mapping, would make of old deliveries; nothing is written')
  .action(async ({ json, ...options }: Json & AdapterBacktestOptions) => {
    const [{ ApiClient }, { backtestAdapter, adapterBacktestText }] = await Promise.all([import('./cli/client.ts'), import('./cli/backtest-adapter.ts')])
    const result = await backtestAdapter(new ApiClient(readConfig(environment())), options)
    print({ json: json === true }, result, () => adapterBacktestText(result))
  })

remediationCommands(program, { config: () => readConfig(environment()), print, interrupted, whole: wholeNumber })
connectionCommands(program, { config: () => readConfig(environment()), print })
ticketCommands(program, { config: () => readConfig(environment()), print, whole: wholeNumber })

program.command('doctor').option('--json').description('configuration, engines: reachable, authorised, how to mend').action(async (options: Json) => {
  const { doctor } = await import('./cli/doctor.ts')
  const { findings, text } = await doctor(environment())
  print(options, findings, () => text)
  if (findings.some((finding) => finding.state === 'failed')) process.exitCode = 1
})

program.command('bench').argument('<what>', 'ingest, pipeline, correlate or fairness').option('--json').description('measure on this machine, beside its own limit')
  .action(async (what: string, options: Json) => {
    const { bench } = await import('./cli/bench.ts')
    await bench(what, options.json === true)
  })

/** Aborts when a person stops the command. */
function interrupted(): AbortSignal {
  const stopping = new AbortController()
  process.once('SIGINT', () => stopping.abort())
  return stopping.signal
}

function wholeFrom0(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0 || value >= 2 ** 32) throw new AppError('usage', `a whole number from 0 to ${2 ** 32 - 1}, not "${text}"`)
  return value
}

function positive(text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new AppError('usage', `a number above 0, not "${text}"`)
  return value
}

function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new AppError('usage', `a whole number, not "${text}"`)
  return Number(text)
}

function print(options: Json, value: unknown, text: () => string): void {
  console.log(options.json === true ? JSON.stringify(value) : text())
}

/** Ends with the exit code that fits the error, after saying it the way the caller asked. */
function fail(thrown: unknown): void {
  if (thrown instanceof CommanderError && thrown.exitCode === 0) return
  const error = thrown instanceof CommanderError ? new AppError('usage', `${thrown.message.replace(/^error: /, '')}; see aw --help`, { cause: thrown }) : toAppError(thrown)
  const isJson = process.argv.includes('--json')
  console.error(isJson ? JSON.stringify({ code: error.code, message: error.message }) : `aw: ${error.message} (${error.code})`)
  process.exitCode = error.code === 'usage' ? 2 : 1
}

try {
  await program.parseAsync()
} catch (thrown) {
  fail(thrown)
}
