import type { SourceGuide } from '../source.ts'

/** How to point Riemann at us. */
export const guide: SourceGuide = {
  name: 'Riemann',
  family: 'metrics',
  setup: [
    'Add the lines below to riemann.config: a stream that posts events whose state changed to {url}, with the header X-API-Key and the value {key}.',
    'Send the good state too (changed-state does), so that a problem ends. Expired events are sent as they are.',
    'Reload Riemann (SIGHUP, or (reload!) in the REPL).',
  ],
  authentication: 'Your own configuration sets the headers, so it may send the key or sign the body as this integration asks for.',
  proof: 'optional',
  template: `(require '[clj-http.client :as http] '[cheshire.core :as json])
(defn alert-whisperer [event]
  (http/post "{url}"
    {:headers {"X-API-Key" "{key}"}
     :content-type :json
     :body (json/generate-string (select-keys event [:host :service :state :description :metric :time :ttl :tags]))
     :socket-timeout 5000 :conn-timeout 5000}))
(streams (changed-state {:init "ok"} alert-whisperer))`,
  references: ['https://riemann.io/concepts.html', 'https://riemann.io/howto.html'],
}
