import { expect, test } from 'vitest'
import { TestClock } from '../../schemas/clock.ts'
import { DiskRoom, ROOM_BYTES } from './disk-room.ts'

const MIB = 1024 * 1024

function room(freeBytes: number): { disk: DiskRoom; clock: TestClock; set: (bytes: number) => void; looks: () => number } {
  const clock = new TestClock(0)
  let looks = 0
  const disk = new DiskRoom('/data/log', clock, () => {
    looks += 1
    return freeBytes
  })
  return { disk, clock, set: (bytes) => { freeBytes = bytes }, looks: () => looks }
}

test('lets appends through while enough stays free, without asking the disk each time', () => {
  const { disk, looks } = room(ROOM_BYTES + 100 * MIB)
  for (let append = 0; append < 20; append++) disk.take(MIB)
  expect(looks()).toBe(1)
})

test('refuses what would not leave enough, and says how to mend it', () => {
  const { disk } = room(ROOM_BYTES + MIB)
  expect(() => disk.take(MIB)).toThrow('the disk of /data/log has 129 MiB free, and the log leaves 128 MiB: free some space')
  expect(() => disk.take(1_000)).not.toThrow()
})

test('says beforehand that it would refuse, and names no directory', () => {
  const { disk, set } = room(ROOM_BYTES + MIB)
  expect(disk.refusing()).toBeNull()
  set(ROOM_BYTES - MIB)
  expect(disk.refusing()).toBe('its disk has 127 MiB free, and the log leaves 128 MiB: free some space')
  expect(disk.refusing()).not.toContain('/data')
})

test('counts what it let through since it looked', () => {
  const { disk, set, looks } = room(ROOM_BYTES + 10 * MIB)
  disk.take(2 * MIB)
  set(ROOM_BYTES + 2 * MIB)
  expect(() => disk.take(MIB)).toThrow('free some space')
  expect(looks()).toBe(2)
})

test('sees within a moment that others have filled the disk, and at once that they have emptied it', () => {
  const { disk, clock, set } = room(ROOM_BYTES + 1_000 * MIB)
  disk.take(1)
  set(0)
  clock.tick(1_000)
  expect(() => disk.take(1)).toThrow('has 0 MiB free')
  set(ROOM_BYTES + MIB)
  expect(() => disk.take(1)).not.toThrow()
})
