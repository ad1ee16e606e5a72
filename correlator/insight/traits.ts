/** What kind of symptom a signature names, read from its words: whether it travels to those that depend on the asset, and whether it is rather an effect. */
import { saysUnreachable } from '../text.ts'

/** How a symptom counts when blame is laid. */
export interface Traits {
  /** The signature without its numbers: `core_3_pct` and `core_7_pct` are one thing measured twice. */
  readonly family: string
  /**
   * Share that may come from what the asset depends on: 1 for slow answers, errors and outages, which travel from callee to caller; 0 for resources of its
   * own (processor, memory, disk); 0.5 where the words do not tell.
   */
  readonly travels: number
  /** It says that the asset cannot be reached, which also comes from what the asset runs on. */
  readonly isOutage: boolean
  /** Less work comes in or is done, which is rather an effect of trouble elsewhere. */
  readonly isFall: boolean
}

const RESOURCE = /^(?:cpus?|mem|memory|disks?|diskio|io|iops|iowait|fs|filesystems?|threads?|swap|heap|gc|inodes?|process(?:es)?|rss|volume|space|temperature|fan|battery|load|tablespace|storage|backup|certificate|licen[cs]e|patch)$/
const ANSWER = /^(?:latenc\w*|slow\w*|response\w*|duration|errors?|fail\w*|success\w*|avail\w*|unavail\w*|timeouts?|timed|unreach\w*|refused|requests?|workload|http|exceptions?|[45]\d\d|[45]xx)$/
const WORK = /^(?:cpus?|mem|memory|diskio|io|network|workload|requests?|traffic|throughput|ops|qps|rps|usage|utili[sz]ation|bytes|packets|rate|receive\w*|transmit\w*|sent|connections|sessions|threads?)$/
const FALLS = /^(?:down|drop\w*|decreas\w*|fell|falling|lower|below)$/
/** What there must be enough of: its fall is the trouble itself. */
const RESERVE = /^(?:free|avail\w*|space|remaining|left|success\w*|health\w*|idle|battery|signal|voltage|fan|replicas?|ready|node|host|server|service|device|link|interface|is)$/
const FALL_OF_WORK = /^(?:workload|requests?|traffic|throughput|ops|qps|rps|usage|utili[sz]ation)$/

/** Reads a signature, or a title where there is none. */
export function traitsOf(text: string): Traits {
  const family = text.toLowerCase().replaceAll(/\d+/g, '#')
  const words = text.replaceAll(/([a-z])([A-Z])/g, '$1 $2').toLowerCase().split(/[^a-z0-9]+/).map((word) => (/^[45]\d\d$/.test(word) ? word : word.replaceAll(/\d/g, '')))
  const has = (kind: RegExp): boolean => words.some((word) => kind.test(word))
  const isOutage = saysUnreachable(text)
  const travels = isOutage ? 1 : has(RESOURCE) ? 0 : has(ANSWER) ? 1 : 0.5
  const isFall = !isOutage && !has(RESERVE) && ((has(FALLS) && has(WORK)) || (words.includes('low') && has(FALL_OF_WORK)))
  return { family, travels, isOutage, isFall }
}
