import { fork } from 'node:child_process'
import { join } from 'node:path'
import type { PipelineSent, PipelineTask } from './pipeline-load.ts'

/** Runs the generator in a process of its own until everything is sent and answered. */
export function generate(task: PipelineTask): Promise<PipelineSent> {
  return new Promise((resolve, reject) => {
    const child = fork(join(import.meta.dirname, 'pipeline-load.ts'))
    child.once('message', (message: { result?: PipelineSent; error?: string }) => (message.result === undefined ? reject(new Error(message.error)) : resolve(message.result)))
    child.once('error', reject)
    child.send(task)
  })
}
