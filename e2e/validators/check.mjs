// Asks public validators about look-alikes. Reads lines of JSON from its input,
// {sort, text, format}, and writes one line for each library and sort:
// {library, sort, asked, refused: [text]}. format is that of a date, in the
// letters of Unicode TR 35. A library that knows nothing of a country is not asked.
import { createInterface } from 'node:readline'
import { createRequire } from 'node:module'

const load = createRequire(import.meta.url)
const validator = load('validator')
const card = load('card-validator')
const fastLuhn = load('fast-luhn')
const emailValidator = load('email-validator')
const isemail = load('isemail')
const phones = load('google-libphonenumber').PhoneNumberUtil.getInstance()
const { isValidPhoneNumber } = load('libphonenumber-js/max')
const { parsePhoneNumber } = load('awesome-phonenumber')
const ibantools = load('ibantools')
const iban = load('iban')
const { validateIBAN } = load('fast-iban')
const { stdnum } = load('stdnum')
const { cpf, cnpj } = load('cpf-cnpj-validator')
const spain = load('spain-id')
const nif = load('nif-dni-nie-cif-validation')
const aadhaar = load('aadhaar-validator')
const { isValidBSN } = load('bsn-js')
const { validatePolish } = load('validate-polish')
const ssn = load('ssn-validator')
const { parse, isValid, isFuture } = load('date-fns')
const dayjs = load('dayjs')
dayjs.extend(load('dayjs/plugin/customParseFormat'))
const { DateTime } = load('luxon')

const digits = text => text.replace(/\D/g, '')
const plain = text => text.replace(/[^A-Za-z0-9]/g, '').toUpperCase()
const standard = (region, name) => ({ stdnum: text => stdnum[region][name].validate(text).isValid })
const taxID = locale => ({ 'validator.isTaxID': text => validator.isTaxID(plain(text), locale) })
const identity = locale => ({ 'validator.isIdentityCard': text => validator.isIdentityCard(plain(text), locale) })

const country = text => plain(text).slice(0, 2)
// Outside of the IBAN registry each library has other ideas of a country's form.
const registered = text => ibantools.countrySpecs[country(text)]?.IBANRegistry

// Of a null a library knows nothing: it is not counted.
const sorts = {
  credit_card: {
    'card-validator': text => card.number(text).isValid,
    'validator.isCreditCard': text => validator.isCreditCard(text),
    'fast-luhn': text => fastLuhn(digits(text)),
  },
  email: {
    'validator.isEmail': text => validator.isEmail(text),
    'email-validator': text => emailValidator.validate(text),
    isemail: text => isemail.validate(text, { minDomainAtoms: 2 }),
  },
  phone: {
    'google-libphonenumber': text => phones.isValidNumber(phones.parse(text)),
    'libphonenumber-js': text => isValidPhoneNumber(text),
    'awesome-phonenumber': text => parsePhoneNumber(text).valid,
    'validator.isMobilePhone': text => text.startsWith('+1') ? validator.isMobilePhone(text, 'en-US') : null,
  },
  iban: {
    ibantools: text => registered(text) ? ibantools.isValidIBAN(plain(text)) : null,
    iban: text => registered(text) && iban.countries[country(text)] ? iban.isValid(text) : null,
    'validator.isIBAN': text => registered(text) && validator.ibanLocales.includes(country(text)) ? validator.isIBAN(text) : null,
    'fast-iban': text => registered(text) ? validateIBAN(plain(text)) : null,
  },
  ssn: {
    ...standard('US', 'ssn'),
    'ssn-validator': text => ssn.isValid(text),
  },
  br_cpf: { ...standard('BR', 'cpf'), ...taxID('pt-BR'), 'cpf-cnpj-validator': text => cpf.isValid(text) },
  br_cnpj: { ...standard('BR', 'cnpj'), ...taxID('pt-BR'), 'cpf-cnpj-validator': text => cnpj.isValid(text) },
  es_dni: {
    ...standard('ES', 'dni'), ...identity('ES'), 'spain-id': text => spain.validDNI(plain(text)),
    'nif-dni-nie-cif-validation': text => nif.isValidDni(plain(text)),
  },
  es_nie: {
    ...standard('ES', 'nie'), ...identity('ES'), 'spain-id': text => spain.validNIE(plain(text)),
    'nif-dni-nie-cif-validation': text => nif.isValidNie(plain(text)),
  },
  fr_nir: standard('FR', 'nir'),
  it_codice_fiscale: { ...standard('IT', 'codicefiscale'), ...taxID('it-IT') },
  de_steuer_id: { ...standard('DE', 'idnr'), ...taxID('de-DE') },
  in_aadhaar: { ...standard('IN', 'aadhaar'), ...identity('IN'), 'aadhaar-validator': text => aadhaar.isValidNumber(digits(text)) },
  in_pan: standard('IN', 'pan'),
  pl_pesel: { ...standard('PL', 'pesel'), ...identity('PL'), 'validate-polish': text => validatePolish.pesel(text) },
  pl_nip: { ...standard('PL', 'nip'), ...taxID('pl-PL'), 'validate-polish': text => validatePolish.nip(digits(text)) },
  nl_bsn: { ...standard('NL', 'bsn'), ...taxID('nl-NL'), 'bsn-js': text => isValidBSN(text) },
  gb_nino: { ...standard('GB', 'nino'), ...taxID('en-GB') },
  tr_tckn: standard('TR', 'tckimlik'),
  pt_nif: { ...standard('PT', 'nif'), ...taxID('pt-PT') },
  ca_sin: { ...standard('CA', 'sin'), ...taxID('en-CA') },
  date: {
    'date-fns': (text, format) => isValid(parse(text, format, new Date())),
    dayjs: (text, format) => dayjs(text, format.replaceAll('d', 'D').replaceAll('y', 'Y'), true).isValid(),
    luxon: (text, format) => DateTime.fromFormat(text, format).isValid,
  },
  card_expiry: {
    'card-validator': text => card.expirationDate(text).isValid,
    'date-fns': (text, format) => isFuture(parse(text, format, new Date())),
    luxon: (text, format) => DateTime.fromFormat(text, format) > DateTime.now(),
  },
}

const answers = new Map()
for await (const line of createInterface({ input: process.stdin })) {
  const { sort, text, format } = JSON.parse(line)
  for (const [library, accepts] of Object.entries(sorts[sort])) {
    let accepted
    try {
      accepted = accepts(text, format)
    } catch {
      accepted = false
    }
    if (accepted === null) continue
    const key = library + ' ' + sort
    if (!answers.has(key)) answers.set(key, { library, sort, asked: 0, refused: [] })
    answers.get(key).asked++
    if (!accepted) answers.get(key).refused.push(text)
  }
}
for (const answer of answers.values()) console.log(JSON.stringify(answer))
