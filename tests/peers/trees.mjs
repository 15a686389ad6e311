// Does @sigstore/verify accept the trees that we sign, and refuse what was changed in them?
//
//     trees.mjs NODE_MODULES WORLD
//
// WORLD is as for trees.py. What was changed is only held in memory.

import { createHash, createPublicKey } from 'node:crypto'
import { lstatSync, readFileSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'

const [modules, world] = process.argv.slice(2)
const require = createRequire(join(modules, 'x.js'))
const { bundleFromJSON } = require('@sigstore/bundle')
const { Verifier, toSignedEntity, toTrustMaterial } = require('@sigstore/verify')

const pem = readFileSync(join(world, 'team.key.pub'), 'utf8')
const key = createPublicKey(pem)
const sha256 = (data) => createHash('sha256').update(data)
// The two names by which a key is called in a bundle.
const names = [
  sha256(pem).digest('hex'),
  sha256(key.export({ type: 'spki', format: 'der' })).digest('base64'),
]
// No log, no authority, no time stamp: one key that we trust, by its name.
const nobody = { certificateAuthorities: [], timestampAuthorities: [], tlogs: [], ctlogs: [] }
const trust = toTrustMaterial(nobody, (hint) => {
  if (!names.includes(hint)) throw new Error(`no such key: ${hint}`)
  return { publicKey: key, validFor: () => true }
})
const verifier = new Verifier(trust, { ctlogThreshold: 0, tlogThreshold: 0, timestampThreshold: 0 })

function verified(bundle) {
  verifier.verify(toSignedEntity(bundleFromJSON(bundle)))
  return JSON.parse(Buffer.from(bundle.dsseEnvelope.payload, 'base64'))
}

function digests(folder) {
  const found = {}
  for (const name of readdirSync(folder, { recursive: true })) {
    const path = join(folder, name)
    if (lstatSync(path).isFile() && name !== 'model.sig') found[name] = sha256(readFileSync(path)).digest('hex')
  }
  return found
}

// Path and digest of every file, as they were signed; throws where somebody else signed them.
function signed(bundle) {
  const resources = verified(bundle).predicate.resources
  return Object.fromEntries(resources.map(({ name, digest }) => [name, digest]))
}

let refusals = 0
function refused(accepts, what) {
  let accepted = false
  try {
    accepted = accepts()
  } catch (error) {
    if (error instanceof TypeError || error instanceof ReferenceError) throw error
  }
  if (accepted) throw new Error(`${what} was accepted`)
  refusals += 1
}

const flipped = (base64) => {
  const bytes = Buffer.from(base64, 'base64')
  bytes[bytes.length >> 1] ^= 1
  return bytes.toString('base64')
}

const folders = readdirSync(join(world, 'trees')).sort()
const read = (...path) => JSON.parse(readFileSync(join(world, ...path)))
for (const [position, folder] of folders.entries()) {
  const tree = digests(join(world, 'trees', folder))
  const bundle = read('trees', folder, 'model.sig')
  const accepts = (tree, bundle) => isDeepStrictEqual(tree, signed(bundle))
  if (!accepts(tree, bundle)) throw new Error(`${folder} is refused`)
  verified(read('sealed', `${folder}.json`))

  const [one, other] = [Object.keys(tree).at(0), Object.keys(tree).at(-1)]
  const without = Object.fromEntries(Object.entries(tree).filter(([name]) => name !== one))
  const changed = [
    ['a changed file', { ...tree, [one]: sha256('x').digest('hex') }],
    ['a missing file', without],
    ['a stray file', { ...tree, stray: tree[one] }],
    ['a renamed file', { ...without, stray: tree[one] }],
    ['two files in each other\'s place', { ...tree, [one]: tree[other], [other]: tree[one] }],
  ]
  for (const [what, tree] of changed) refused(() => accepts(tree, bundle), `${folder}: ${what}`)

  const forge = (change) => {
    const forged = structuredClone(bundle)
    change(forged.dsseEnvelope, forged.verificationMaterial)
    return forged
  }
  const forged = [
    forge((envelope) => { envelope.payload = flipped(envelope.payload) }),
    forge((envelope) => { envelope.signatures[0].sig = flipped(envelope.signatures[0].sig) }),
    forge((_, material) => { material.publicKey.hint = '0'.repeat(64) }),
    read('trees', folders.at(position - 1), 'model.sig'),
  ]
  for (const bundle of forged) refused(() => accepts(tree, bundle), `${folder}: a forged bundle`)
}
console.log(`${folders.length} trees accepted, ${refusals} changed ones refused`)
