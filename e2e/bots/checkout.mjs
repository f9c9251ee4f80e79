// A checkout as a bot author would write it: a question, a check of the answer
// with a published validator, the next question. It knows nothing of piiproxy.
import cardValidator from "card-validator";
import { isValidPhoneNumber } from "libphonenumber-js/max";
import validator from "validator";
import { report } from "./report.mjs";

const steps = [
  {
    what: "card",
    ask: () => "Great choice! Please type your 16-digit card number.",
    again: "That is no card number. Please type your card number again.",
    valid: (text) => cardValidator.number(text).isValid,
  },
  {
    what: "email",
    ask: () => "Got it. Which e-mail address should the receipt go to?",
    again: "That is no e-mail address. What is your e-mail address?",
    valid: (text) => validator.isEmail(text),
  },
  {
    what: "phone",
    ask: () => "And what is your mobile phone number?",
    again: "That is no phone number. What is your phone number?",
    valid: (text) => isValidPhoneNumber(text, "US"),
  },
];

const open = new Map(); // person -> the answers so far

// checkout is true when the text belonged to a checkout.
export async function checkout(person, text, say) {
  const answers = open.get(person);
  if (!answers) {
    if (text !== "checkout") return false;
    open.set(person, []);
    await say(steps[0].ask());
    return true;
  }
  const step = steps[answers.length];
  const valid = step.valid(text);
  report("checked", { what: step.what, status: valid ? "valid" : "invalid", text });
  if (!valid) {
    await say(step.again);
    return true;
  }
  answers.push(text);
  if (answers.length < steps.length) {
    await say(steps[answers.length].ask());
    return true;
  }
  open.delete(person);
  const [card, email, phone] = answers;
  await say(`Paid with ${card}. The receipt goes to ${email}, the driver calls ${phone}.`);
  return true;
}
