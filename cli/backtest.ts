/** `aw backtest`: correlates a file offline and says what came of it. */
import { runBacktest, type BacktestSummary } from '../correlator/backtest.ts'
import { percent } from './output.ts'

/** Runs it; answers the summary and its text. */
export async function backtest(options: { alerts: string; topology?: string; settings?: string; out?: string }): Promise<{ summary: BacktestSummary; text: string }> {
  const summary = await runBacktest({
    alerts: options.alerts, monotonicMs: () => performance.now(),
    ...(options.topology === undefined ? {} : { topology: options.topology }),
    ...(options.settings === undefined ? {} : { settings: options.settings }),
    ...(options.out === undefined ? {} : { out: options.out }),
  })
  const count = (value: number): string => value.toLocaleString('en')
  const text = `${count(summary.alerts)} alerts of ${count(summary.companies)} companies: ${count(summary.problems)} problems, ${count(summary.incidents)} incidents `
    + `(noise reduction ${percent(summary.noiseReduction)}), ${count(Math.round(summary.alertsPerSecond))} alerts a second`
  return { summary, text }
}
