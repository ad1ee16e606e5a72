import { at, firstText } from '../json.ts'
import type { Kind } from './kind.ts'

/** Reasons of a stop that somebody or the service itself wanted ("Amazon ECS task state change events", stopCode). */
const WANTED = new Set(['UserInitiated', 'ServiceSchedulerInitiated', 'SpotInterruption', 'TerminationNotice'])

/** A task's life, told under its service: what stopped unwanted fires, and the next task that runs ends it. */
export function readTask(detail: unknown): Kind {
  const status = firstText(detail, 'lastStatus')
  const code = firstText(detail, 'stopCode')
  const isFailure = status === 'STOPPED' && code !== null && !WANTED.has(code)
  const exit = at(detail, 'containers', '0', 'exitCode')
  // An essential container that ended with 0 did its work.
  const isDone = code === 'EssentialContainerExited' && exit === 0
  return {
    asset: ['group', 'clusterArn'],
    status: isFailure && !isDone ? 'firing' : status === 'RUNNING' ? 'resolved' : 'unknown',
    message: ['stoppedReason'],
    startsAt: isFailure ? ['stoppedAt', 'stoppingAt'] : [],
  }
}
