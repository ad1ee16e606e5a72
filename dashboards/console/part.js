/** A part of the page that draws itself anew while a person works in it: no click is lost, no word that was typed, and an answer that comes too late changes nothing. */
import { el } from './dom.js'

/** True between the press and the release of a pointer, wherever it is: whatever is drawn anew meanwhile would never hear the click. */
let isPressed = false
let released = Promise.resolve()
let release = () => {}
addEventListener('pointerdown', () => {
  if (isPressed) return
  isPressed = true
  released = new Promise((resolve) => { release = resolve })
}, { capture: true })
// The click itself comes after the release.
const end = () => setTimeout(() => {
  isPressed = false
  release()
})
for (const name of ['pointerup', 'pointercancel']) addEventListener(name, end, { capture: true })

/** Resolves when no pointer is pressed. */
export async function unpressed() {
  while (isPressed) await released
}

/** What parts have in common. A part says in `parts()` what it shows and calls `draw()`. */
export class Part {
  element
  error = ''
  #turn = 0
  #isDrawing = false
  #kept = new Map()

  constructor(tag, properties = {}) {
    this.element = el(tag, properties)
  }

  /** Answers a question that tells whether it is still the last one: an answer to an earlier one is left out. */
  turn() {
    const mine = ++this.#turn
    return () => mine === this.#turn
  }

  /** Elements that a person may have opened or typed into are made once. */
  keep(key, make) {
    if (!this.#kept.has(key)) this.#kept.set(key, make())
    return this.#kept.get(key)
  }

  forget(key) {
    this.#kept.delete(key)
  }

  /** Does what a person asked for; what goes wrong is said in a sentence. */
  async attempt(work) {
    try {
      this.error = ''
      await work()
    } catch (error) {
      this.error = error.message
    }
    this.draw()
  }

  button(label, work, className = 'quiet') {
    return el('button', { className, onclick: () => void this.attempt(work) }, label)
  }

  /** Draws now, or as soon as no pointer is pressed; however often it is asked meanwhile, once. */
  draw() {
    if (this.#isDrawing) return
    this.#isDrawing = true
    void unpressed().then(() => {
      this.#isDrawing = false
      const active = this.element.contains(document.activeElement) ? document.activeElement : null
      this.element.replaceChildren(...[el('p', { className: 'error', role: 'alert' }, this.error), ...this.parts()].flat().filter((part) => part !== null))
      if (active !== null && active !== document.activeElement && this.element.contains(active)) active.focus({ preventScroll: true })
    })
  }
}
