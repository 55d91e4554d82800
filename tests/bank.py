"""Questions of a bank's customers under 77 labels, made up for tests, benchmarks and pictures."""

from collections.abc import Sequence
from random import Random

BANK = """
card arrival: my new card has not come yet; where is the card I ordered
card activation: how do I switch my card on; the card says it is not active
card linking: how do I add my card to the app; my card is not in the app
card not working: my card fails everywhere; the card does nothing at the till
card expired: my card runs out next month; what happens when the card is too old
card lost: I cannot find my card; I left my card on the bus
card stolen: somebody took my card; my wallet with the card was stolen
card blocked: my card has been frozen; why can I not use my card any more
card damaged: my card broke in two; the chip of my card is scratched
card delivery cost: what does it cost to send the card; is the post for the card free
card acceptance: which shops take the card; can I pay with the card abroad
card types: do you have a gold card; which kinds of card are there
card limits: how much may I spend by card; raise the limit of my card
card swallowed: the machine kept my card; the ATM did not give the card back
card payment declined: the shop refused my card; my payment was turned down
card payment fee: I was charged extra for paying by card; why a fee on that payment
card payment pending: my payment does not go through; the payment is still waiting
card payment wrong amount: the shop took too much; the sum is not what I paid
card payment unknown: I did not buy this; there is a payment that is not mine
cash withdrawal declined: the ATM gave me nothing; I could not take money out
cash withdrawal fee: I paid for taking cash; why does the machine cost money
cash withdrawal limit: how much cash can I get in a day; the machine says I had enough
cash withdrawal pending: my cash is still waiting in the app; the withdrawal does not clear
cash withdrawal unknown: somebody took cash from me; I was not at that machine
cash deposit: how do I pay notes in; can I bring coins
cheque deposit: I have a cheque; how do I cash a cheque
pin change: I want another PIN; how do I choose my number
pin blocked: I typed the PIN wrong three times; my PIN is locked
pin forgotten: what was my PIN; I do not remember the number
contactless: touching the reader fails; can I pay without the PIN
mobile wallet: does my phone pay; add the card to my watch
virtual card: can I have a card for the web only; where is my online card
second card: I need one for my wife; may I have two
top up by card: load money with another card; fill the account by card
top up by transfer: send money in from my bank; fill up by wire
top up failed: the load did not work; my money did not come in
top up fee: what does loading cost; why was I charged for adding money
top up limit: how much may I load; the load is too large they say
top up pending: the load is still waiting; when is my top up there
top up reversed: the load was taken back; my top up is gone
automatic top up: load when I am low; fill up by itself
transfer abroad: send money to another country; can I wire to my aunt in Peru
transfer cancelled: my transfer was stopped; who called off the transfer
transfer declined: the transfer was refused; I may not send this
transfer failed: my transfer did not work; the money came back
transfer fee: what does it cost to send; why a charge on the transfer
transfer late: my rent is not there yet; the money has been away for days
transfer not received: my friend has nothing; it never reached her
transfer to wrong person: I sent it to somebody else; the number was wrong
standing order: pay my rent each month; stop the monthly payment
direct debit: the gym takes money; I do not know this debit
balance wrong: the sum in the app is not right; money is missing
balance after deposit: my balance did not go up; I paid in and nothing changed
exchange rate: what do I get for dollars; how is the rate made
exchange in app: change euros into pounds; how do I swap money
exchange charge: why do you take a cut; the change costs too much
currencies held: can I keep yen; which money do you take
refund request: I want my money back; how do I undo a purchase
refund missing: the shop paid me back but nothing came; where is my refund
reverted payment: a payment came back; why was this undone
duplicate charge: I paid twice; the same sum stands there two times
extra charge: there is one pound too much; what is this small fee
account opening: how do I join; can I get an account
account closing: I want to leave; delete my account
account frozen: I cannot do anything; everything is locked
account for children: may my son have one; an account for my daughter
age limit: how old must I be; is my child too young
country support: do you work in Chile; can I join from Japan
identity check: why do you want my passport; how do I prove who I am
identity check failed: my passport was refused; you do not believe it is me
source of funds: why do you ask where it comes from; which papers about my pay
personal details: I have moved; my name has changed
passcode forgotten: I cannot get into the app; what was my code
phone lost: my phone is gone; I left my phone in a taxi
interest rate: what do my savings earn; how much is the interest
loan request: can I borrow; I need a loan for a car
statement: I need a list of last year; how do I print my account
"""

LABELS = [line.partition(":")[0] for line in BANK.strip().splitlines()]
GREETINGS = ("", "Hello, ", "Please help: ", "Hi there, ", "Good morning, ")
ENDINGS = ("", ", please", ", thank you", ", it is urgent", ", since yesterday")

TASK = """
title = "Questions of a bank's customers"
seed = 7
[instructions]
short = "What does this customer want?"
[targets]
evaluation = 1000
validation = 0
training = 1000
[batch]
size = 20
[card]
frequent_first = true
"""


def bank_task() -> str:
    """A task of 77 labels, frequent ones first; only the first ten have keys."""
    return TASK + "".join(
        f'[[labels]]\nvalue = "{value(name)}"\nname = "{name[0].upper()}{name[1:]}"\n'
        f'file = "{value(name)}.csv"\n'
        for name in LABELS
    )


def value(name: str) -> str:
    """The value of the label of this name."""
    return name.replace(" ", "_")


def bank_questions(
    number: int, *, evenly: bool = False, seed: int = 7
) -> Sequence[tuple[str, ...]]:
    """(item_id, text, value) of questions; a few labels have most of them, unless they are even."""
    draw = Random(seed)
    order = draw.sample(LABELS, len(LABELS))
    weights = [1 if evenly else 1 / (rank + 3) for rank in range(len(order))]
    said = {name: asked.strip().split("; ") for name, _, asked in
            (line.partition(":") for line in BANK.strip().splitlines())}  # fmt: skip
    found: dict[str, str] = {}
    while len(found) < number:
        (name,) = draw.choices(order, weights)
        text = draw.choice(GREETINGS) + draw.choice(said[name]) + draw.choice(ENDINGS)
        found.setdefault(f"{text} ({draw.randrange(100, 1000)})", value(name))
    return [(f"q{at}", text, label) for at, (text, label) in enumerate(found.items())]
