/** `aw bench`: measures on this machine, each figure beside its own limit. */
import { AppError } from '../schemas/errors.ts'

/** Runs one of the benchmarks; it prints its own result. */
export async function bench(what: string, isJson: boolean): Promise<void> {
  const options = { json: isJson }
  if (what === 'ingest') await (await import('../test/bench/ingest.ts')).benchIngest(options)
  else if (what === 'pipeline') await (await import('../test/bench/pipeline.ts')).benchPipeline(options)
  else if (what === 'fairness') await (await import('../test/bench/fairness.ts')).benchFairness(options)
  else if (what === 'correlate') (await import('../test/bench/correlate.ts')).benchCorrelate(options)
  else throw new AppError('usage', `no benchmark ${what}; there are ingest, pipeline, correlate and fairness`)
}
