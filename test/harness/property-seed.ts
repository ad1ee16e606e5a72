/**
 * Property tests try the same cases on every run, so that a change is judged by what it changes. `FC_SEED=random npm run test:unit` looks for new ones; a number
 * repeats a run.
 */
import fc from 'fast-check'

const FIXED = 20_261_121
const wish = process.env['FC_SEED']

if (wish !== 'random') fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: wish === undefined ? FIXED : Number(wish) })
