/** How the role `analyse` is put together: reader, desk and analyst over the database, and whoever hears of it live. */
import type { LiveHub, LiveNews } from '../../api/live-hub.ts'
import type { Config } from '../../config.ts'
import { makeAnalyst } from '../../correlator/analyst/analyst.ts'
import { startDesk } from '../../correlator/analyst/desk.ts'
import type { Model } from '../../correlator/analyst/model/port.ts'
import { readPrices } from '../../correlator/analyst/model/prices.ts'
import type { AnalystNews } from '../../correlator/analyst/ports.ts'
import { readPrompt } from '../../correlator/analyst/prompts.ts'
import { worthAsking } from '../../correlator/analyst/worth.ts'
import { DEFAULT_CATEGORIES } from '../../correlator/classify/categories.ts'
import { openRunbookShelf } from '../parts/runbook-shelf.ts'
import { isRunbookEnabled } from '../../schemas/remediation-settings.ts'
import type { RuleBook } from '../../schemas/rules.ts'
import { followNews, newsWriter } from '../../storage/analyses/news.ts'
import { startAnalysisReader } from '../../storage/analyses/reader.ts'
import { interruptAll, openAnalysisStore } from '../../storage/analyses/store.ts'
import { settingsInForce, wholeSettings } from '../../storage/queries/company-settings.ts'
import { remediationLayers } from '../../storage/remediation/settings-store.ts'
import type { Stoppable, Surroundings } from './wiring.ts'

/** A running role; `wake` makes it look at its list now. */
export interface Analysing extends Stoppable {
  wake(): void
}

/** What it needs besides the engines. */
export interface AnalyseOptions {
  readonly config: Pick<Config, 'mode' | 'llm'>
  readonly model: Model
  /** The hub of this process, where it serves the API. */
  readonly live: LiveHub | null
  /** A note lies in the outbox. */
  readonly noted: () => void
}

/** Runbooks a model is told of. */
const RUNBOOKS_MAX = 150

/** Lets live listeners of this process hear of analyses and runs that another one makes. */
export async function startNews({ engines, clock, logger }: Surroundings, live: LiveHub): Promise<Stoppable> {
  // Only the roles analyse and remediate write there.
  return followNews(await engines.database(), { clock, logger, tell: (news) => void live.publish(news as LiveNews) })
}

function rulesOf(text: string): RuleBook {
  return text === '' ? {} : (JSON.parse(text) as RuleBook)
}

/** Role `analyse`. */
export async function startAnalyse({ engines, clock, logger, metrics, failed }: Surroundings, { config, model, live, noted }: AnalyseOptions): Promise<Analysing> {
  const database = await engines.database()
  if (database.kind === 'pglite') await interruptAll(database, clock)
  const store = openAnalysisStore(database, { clock, noted })
  const write = newsWriter(database, { clock, logger })
  const tell = (news: AnalystNews): void => {
    if (live === null) write(news)
    else live.publish(news satisfies LiveNews)
  }
  const modeOf = async (companyId: string): Promise<string | null> => {
    if (config.mode === 'demo') return 'the program runs in mode demo'
    const [row] = await database.query<{ settings: object }>('select settings from companies where id = $1', [companyId])
    if (row === undefined) return 'the company is not known'
    return (await wholeSettings(database, row.settings)).mode === 'demo' ? 'the company is in mode demo' : null
  }
  const categoriesOf = async (companyId: string): Promise<string[]> => {
    const own = rulesOf((await settingsInForce(database, companyId))?.rules ?? '')
    return [...new Set([...DEFAULT_CATEGORIES, ...own.categories ?? []].map(({ id }) => id))].filter((id) => own.categories?.some((category) => category.id === id && category.enabled === false) !== true)
  }
  const shelf = await openRunbookShelf(database, { clock })
  // Only what the company may use can be named; what is named is shown, and never run for that alone.
  const runbooksOf = async (companyId: string): Promise<{ id: string; summary: string }[]> => {
    const { msp, company } = await remediationLayers(database, companyId)
    return (await shelf.list(companyId)).filter(({ id, match }) => match.all.length + match.any.length > 0 && isRunbookEnabled(id, msp, company)).slice(0, RUNBOOKS_MAX).map(({ id, summary }) => ({ id, summary }))
  }
  const prices = readPrices(config.llm.pricesPath)
  const analyse = makeAnalyst({
    store, model, prompt: readPrompt('incident'), runbooks: { list: runbooksOf }, categoriesOf, whyNot: modeOf, priceOf: (name) => prices.get(name) ?? null,
    tell, metrics: metrics.analyst, logger, monotonicMs: () => performance.now(),
  })
  const reader = await startAnalysisReader({
    log: engines.log, schemaIds: engines.schemaIds, database, wants: worthAsking, logger, failed, nowMs: () => clock.now(),
    progress: (partition, atMs) => metrics.runner.progress('analyse', partition, atMs),
  })
  const desk = startDesk({ store, analyse, logNowMs: () => reader.logNowMs(), clock, metrics: metrics.analyst, logger })
  return {
    wake: () => desk.wake(),
    async stop() {
      await reader.stop()
      await desk.stop()
    },
  }
}
