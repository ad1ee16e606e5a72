import { expect, test } from 'vitest'
import { BacktestPlaces } from './adapter-backtests.ts'

test('a company runs one backtest at a time, so that it leaves a place to the others', () => {
  const places = new BacktestPlaces()
  const isRefused = (company: string): boolean => {
    try {
      places.take(company)
      return false
    } catch (error) {
      expect(error).toMatchObject({ code: 'rate_limited', details: { retryAfterSeconds: 10 } })
      return true
    }
  }
  expect([isRefused('a'), isRefused('a'), isRefused('b'), isRefused('c')]).toEqual([false, true, false, true])
  places.leave('a')
  expect([isRefused('c'), isRefused('a')]).toEqual([false, true])
})
