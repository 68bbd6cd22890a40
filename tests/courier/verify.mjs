// verify.mjs SIGNATURES: the specification's library for JavaScript over what the courier's unit tests signed.
import { createReadStream } from 'node:fs'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'

const { Webhook } = createRequire(process.env.COURIER_MODULES + '/')('standardwebhooks')
let verified = 0, refused = 0
for await (const line of createInterface({ input: createReadStream(process.argv[2]) })) {
  const signed = JSON.parse(line)
  const body = Buffer.from(signed.body, 'base64')
  const webhook = new Webhook(signed.secret)
  const holds = (bytes) => {
    try {
      webhook.verify(bytes.toString('utf8'), signed.headers)
      return true
    } catch {
      return false
    }
  }
  if (holds(body)) verified++
  const flipped = Buffer.from(body)
  flipped[Math.floor(Math.random() * body.length)] ^= 1 << Math.floor(Math.random() * 8)
  if (!holds(flipped)) refused++
}
console.log(`${verified} verified, ${refused} flipped and refused`)
