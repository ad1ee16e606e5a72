/** What the words of a signature say of how a symptom spreads. */
import { describe, expect, it } from 'vitest'
import { isSecondHand, labelLinksOf } from './label-links.ts'
import { traitsOf } from './traits.ts'

describe('a symptom', () => {
  it.each([
    ['Response time high', 1], ['PodServerLatencyP99(s) high', 1], ['HTTP 503 rate', 1], ['availability Average low', 1], ['Requests failing', 1], ['Connection timeout', 1], ['Node is down', 1],
    ['Disk full on /var', 0], ['CpuUsageRate(%) high', 0], ['docker_cpu_core_9_pct up', 0], ['system.io.w_s up', 0], ['MemoryUsageRate(%) high', 0], ['Backup job overdue', 0],
    ['queue length', 0.5],
  ])('%s comes from elsewhere with a share of %d', (text, travels) => {
    expect(traitsOf(text).travels).toBe(travels)
  })

  it.each(['Host unreachable', 'Device offline', 'Unavailable by ICMP ping'])('%s says that the asset cannot be reached', (text) => {
    expect(traitsOf(text)).toMatchObject({ isOutage: true, travels: 1, isFall: false })
  })

  it.each(['requests Sum low', 'PodWorkload(Ops) low', 'docker_cpu_total_pct down', 'memory usage dropped', 'network traffic below baseline'])('%s is rather an effect: less work comes in', (text) => {
    expect(traitsOf(text).isFall).toBe(true)
  })

  it.each(['Free disk space low', 'Memory low', 'availability Average low', 'success rate down', 'Link down', 'Host is down', 'Battery low', 'cpu up'])('%s is trouble of its own', (text) => {
    expect(traitsOf(text).isFall).toBe(false)
  })

  it('is one with its numbers', () => expect(traitsOf('docker_cpu_core_3_pct up').family).toBe(traitsOf('docker_cpu_core_12_pct up').family))
})

describe('labels', () => {
  it('tie an asset to its host, its service and what it depends on, and a caller to it', () => {
    expect(labelLinksOf({ host: 'HV-1:9100', service: 'cart', depends_on: 'db-1, cache ,', caller: 'web', colour: 'red', node: 'cart-0' }, 'cart-0')).toEqual([
      { other: 'hv-1', kind: 'hosted', isReverse: false }, { other: 'cart', kind: 'instance', isReverse: false }, { other: 'db-1', kind: 'depends', isReverse: false },
      { other: 'cache', kind: 'depends', isReverse: false }, { other: 'web', kind: 'depends', isReverse: true },
    ])
  })

  it('make a call told by its caller second hand', () => expect([isSecondHand({ caller: 'web' }), isSecondHand({ caller: '' }), isSecondHand({})]).toEqual([true, false, false]))
})
