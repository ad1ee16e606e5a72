import { describe, expect, it } from 'vitest'
import { DEFAULT_CATEGORIES } from './categories.ts'
import { HistoryClassifier } from './history.ts'
import { KeywordClassifier } from './keywords.ts'
import { severityInWords } from './severity-words.ts'
import { wordsOf } from './words.ts'

describe('categories by words', () => {
  const classifier = new KeywordClassifier()
  const texts: readonly (readonly [string, string, string])[] = [
    ['Disk space low on C:', '4 % free of 100 GB', 'disk_cleanup'],
    ['No space left on device /var', 'write failed', 'disk_cleanup'],
    ['Interface Gi0/1 link down', 'switch sw-core', 'network'],
    ['Packet loss to gateway 30 %', '', 'network'],
    ['Print Spooler service stopped on PRINT01', '', 'printer'],
    ['Backup job failed: Nightly VMs', 'Veeam: VSS snapshot error', 'backup'],
    ['Mail queue growing', 'postfix: 4,000 messages deferred', 'email'],
    ['User locked out', 'account locked after 5 attempts, please reset password', 'password_reset'],
    ['Microsoft 365 licenses exhausted', '0 seats left', 'licence_request'],
    ['Predictive failure on physical disk 0:1', 'RAID controller', 'hardware'],
    ['UPS on battery', 'input voltage lost', 'hardware'],
    ['Malware detected on LAPTOP-7', 'Trojan quarantined', 'security_alert'],
    ['HighMemoryUsage', 'memory utilization is 96 %', 'performance'],
    ['CPU load average is 32', '', 'performance'],
    ['Host web-1 is unreachable', '', 'availability'],
    ['ServiceDown', 'nginx not running, connection refused', 'availability'],
  ]
  it.each(texts)('sorts "%s" (%s) under %s and says why', (title, message, category) => {
    const guess = classifier.classify(title, message)
    expect(guess?.category.id).toBe(category)
    expect(guess?.reason).toMatch(/^the text says "/)
    expect(guess?.confidence).toBeGreaterThan(0.3)
  })

  it('has every default category once, and says nothing of a text without any of its words', () => {
    expect(DEFAULT_CATEGORIES.map(({ id }) => id).sort()).toEqual([
      'availability', 'backup', 'disk_cleanup', 'email', 'hardware', 'licence_request', 'network', 'password_reset', 'performance', 'printer', 'security_alert',
    ])
    expect(classifier.classify('Frobnicator', 'quux 7')).toBeNull()
  })

  it('is less sure of a text that speaks for two', () => {
    const clear = classifier.classify('Disk full on D:', '')
    const mixed = classifier.classify('Backup of mailbox store failed: disk full on D:', '')
    expect(clear?.category.id).toBe('disk_cleanup')
    expect(mixed?.confidence ?? 1).toBeLessThan(clear?.confidence ?? 0)
  })
})

describe('severity by words', () => {
  it('reads the worst that the title claims, else the message', () => {
    expect(severityInWords('Disk usage warning', 'critical mail server')).toMatchObject({ severity: 'medium' })
    expect(severityInWords('Database', 'connection failed, server down')).toMatchObject({ severity: 'high', confidence: 0.7 })
    expect(severityInWords('Backup completed', '')).toMatchObject({ severity: 'info' })
    expect(severityInWords('Blue', 'green')).toBeNull()
  })
})

describe('categories by history', () => {
  const lessons = Array.from({ length: 40 }, (_, i) => (i % 2 === 0
    ? { text: `frobnicator ${i} spins too fast in hall ${i % 3}`, label: 'machines' }
    : { text: `invoice ${i} not printed for customer group ${i % 5}`, label: 'billing' }))

  it('learns what people sorted, and names the words', () => {
    const opinion = new HistoryClassifier(lessons).opinion('the frobnicator spins again')
    expect(opinion).toMatchObject({ label: 'machines' })
    expect(opinion?.probability).toBeGreaterThan(0.8)
    expect(opinion?.words).toContain('frobnicator')
  })

  it('has no opinion without two labels or a known word', () => {
    expect(new HistoryClassifier(lessons.filter(({ label }) => label === 'billing')).opinion('invoice')).toBeNull()
    expect(new HistoryClassifier(lessons).opinion('zebra')).toBeNull()
    expect(new HistoryClassifier([]).opinion('invoice')).toBeNull()
  })

  it('gives the same answer for the same lessons', () => {
    expect(new HistoryClassifier(lessons).opinion('customer frobnicator')).toEqual(new HistoryClassifier(lessons).opinion('customer frobnicator'))
  })
})

it('takes words apart as people read them', () => {
  expect(wordsOf('HighMemoryUsage e-mail disk_full 97% Störung')).toEqual(expect.arrayContaining(['high', 'memory', 'usage', 'email', 'disk', 'full']))
})
