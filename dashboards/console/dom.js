/** The one way in which anything enters the page. */

/** An element with properties and children; texts become text nodes. */
export function el(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties)
  node.append(...children.flat().filter((child) => child !== null && child !== undefined).map((child) => (child instanceof Node ? child : String(child))))
  return node
}
