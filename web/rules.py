"""In words, which rule of a recognizer found something: for the admin who asks why.

A rule that is not known here is shown by its own name: a new one must not hide a page.
"""

from __future__ import annotations

from web.i18n import N_

RULES = {
    # Persons
    "civility": N_("a civility (Mr, Mrs, Dr…) stands before it"),
    "several civilities": N_("several civilities stand before it"),
    "civility in lower case": N_("a civility in lower case stands before it"),
    "initial after a civility": N_("it is an initial after a civility"),
    "second name after a civility in the plural": N_(
        "it is the second name after a civility in the plural"
    ),
    "introduction": N_("someone introduces themselves, or is called so"),
    "introduction in lower case": N_("someone introduces themselves, without capitals"),
    "label": N_("a label such as «name:» or «age:» stands before it"),
    "greeting": N_("a greeting stands before it"),
    "another after a greeting": N_("it follows another name that is greeted"),
    "greeting in lower case": N_("it is a known given name after a greeting"),
    "header of an e-mail": N_("it stands in the header of an e-mail"),
    "name before an address in angle brackets": N_("an address in angle brackets follows it"),
    "who wrote": N_("«wrote» follows it, as in a quoted message"),
    "signature": N_("it signs a message"),
    "signature on its own line": N_("it signs a message, on its own line"),
    "case of": N_("it names a case"),
    "given name": N_("it begins with a known given name"),
    "surname and given name": N_("a surname stands before a known given name"),
    "initial and surname": N_("an initial stands before a surname"),
    "surname and initial": N_("a known surname stands before an initial"),
    "given name and surname in lower case": N_("a given name and a surname, without capitals"),
    "surname and given name in lower case": N_("a surname and a given name, without capitals"),
    "list of persons": N_("it is an item of a list of persons"),
    "series of given names": N_("it stands in a series of known given names"),
    "language model": N_("the language model takes it for a person"),
    "language model: lower case": N_("the language model takes it for a person, without a capital"),
    "language model: maybe": N_("the language model is not sure; it is masked to be safe"),
    "language model: LOC in lower case": N_("the language model takes it for a place"),
    "language model: LOC": N_("the language model takes it for a place"),
    "without its key, thirteen digits where health insurance is spoken of": N_(
        "thirteen digits stand where health insurance is spoken of"
    ),
    "its own shape, the word somewhere before": N_(
        "its shape is its own, and a word announces it further up"
    ),
    "French, its number further on": N_(
        "a word announces it further up, and it has the French shape"
    ),
    "its number further on": N_("a word announces it further up"),
    "seven digits and a letter, the agency somewhere before": N_(
        "seven digits and a letter, and the agency is named further up"
    ),
    "beside a French account": N_("it stands beside a French bank account"),
    "international, of a possible length": N_("an international prefix and a possible length"),
    "a child's months": N_("a child is said to be so many months old"),
    "under a name, as in a CV": N_("it stands under a name, as in a CV"),
    "street, number behind, in context": N_("a street stands before its number"),
    "announced behind, mixed with digits or dots": N_(
        "a word that announces a user name stands near it"
    ),
    "in the log of a session": N_("it stands in the log of a session"),
    "password further on": N_("a password is announced further up"),
    "password right behind": N_("it stands right behind the words for a password"),
    "name with an age": N_("an age follows the name"),
    "two names of one person": N_("two names of one person stand together"),
    "line of a signature": N_("it stands on a line of its own, as a signature does"),
    "given name alone": N_("it is a known given name, standing alone"),
    "given name in lower case": N_("it is a known name, in a line typed without capitals"),
    "surname alone": N_("it is a known surname, standing alone"),
    "English street": N_("a number and the name of an English street stand there"),
    "right behind its word": N_("it stands right behind the words for a user name"),
    "told after its word": N_("a sentence says that it is a user name"),
    "with which one connects": N_("a sentence says that one logs in with it"),
    "typed before a password": N_("it is to be typed before a password"),
    "password somewhere before": N_(
        "it is shaped like a password, and access is spoken of further up"
    ),
    "password told after its verb": N_("a sentence says that it is to be typed as a password"),
    "after a user name": N_("it is to be typed after a user name"),
    "right behind the person": N_("it stands right behind a word such as «agent»"),
    "seven digits and a letter, an identifier": N_(
        "seven digits and a letter, after the word «identifiant»"
    ),
    "twelve digits, the word somewhere before": N_(
        "twelve digits, and a licence is named further up"
    ),
    "ten digits, the word somewhere before": N_(
        "ten digits, and a residence permit is named further up"
    ),
    "French mobile of no plan, in context": N_(
        "it is shaped like a French mobile number, and a word announces it"
    ),
    "column of a table": N_("the head of its column says so"),
    "postal code and town": N_("it is a postal code with its town"),
    "under its label": N_("it stands under its label"),
    "entry of a schedule": N_("it is an entry of a schedule"),
    "born in": N_("«born in» stands before it"),
    "gazetteer, in lower case": N_("it is a known town, without capitals"),
    "role before a name": N_("a role or a family tie stands before it"),
    "verb before a name": N_("a verb that takes a person stands before it"),
    "verb of a person": N_("what a person does follows it"),
    "particle and surname": N_("a particle such as «Le» or «Ben» begins it"),
    # Births and ages
    "born on": N_("«born on», or the like, stands before it"),
    "born in '84": N_("«born in» and a year stand there"),
    "born on, in words": N_("a date of birth is written in words"),
    "date of birth": N_("a label announces a date of birth"),
    "aged": N_("«aged» stands before it"),
    "and aged": N_("«and», after a person, stands before it"),
    "a person of": N_("a person is said to be of that age"),
    "after a name": N_("it follows a name"),
    "is that old": N_("someone is said to be that old"),
    "at the age of": N_("«at the age of» stands before it"),
    "English": N_("an age is said in English"),
    # Places
    "street in capitals": N_("a number and the name of a street stand there"),
    "street in lower case": N_("a number and the name of a street, without capitals"),
    "street without a number, with its postal code": N_("a street with its postal code"),
    "post box": N_("it is a post box with its postal code"),
    "after «adresse :»": N_("a label announces an address"),
    "a verb of place": N_("a verb of place, such as «to live in», stands before it"),
    "«commune de»": N_("a word such as «town of» or «region of» stands before it"),
    "a label": N_("a label announces a place"),
    "a court": N_("a court is said to sit there"),
    "a letter's date line": N_("it begins the date line of a letter"),
    "gazetteer": N_("the list of towns, regions and countries holds it"),
    "state": N_("it is the official name of a state"),
    "in brackets after a place": N_("it stands in brackets after a place"),
    "found elsewhere": N_("the same place was found elsewhere in the text"),
    "decimal": N_("a latitude and a longitude in degrees"),
    "decimal, in context": N_("a latitude and a longitude, announced"),
    "degrees, minutes, seconds": N_("a position in degrees, minutes and seconds"),
    "announced apart": N_("a latitude or a longitude, announced apart"),
    # How to reach someone
    "plain": N_("it has the shape of an e-mail address"),
    "disguised": N_("it is a disguised e-mail address"),
    "national": N_("it is a number of the French numbering plan"),
    "international": N_("it is a number of an international numbering plan"),
    "in context, nine digits without the leading zero": N_(
        "a word announces a number whose leading zero is left out"
    ),
    "v4": N_("it is an IPv4 address"),
    "v6": N_("it is an IPv6 address"),
    "pairs or groups of four": N_("it has the shape of a hardware address"),
    "identifier in the query": N_("the address carries an identifier after «?»"),
    "identifier in the path": N_("the address carries an identifier in its path"),
    "home page or handle": N_("the address is a person’s own page"),
    "profile of a social network": N_("the address is a profile of a social network"),
    "announced with a colon": N_("a label and a colon announce it"),
    "announced, mixed with digits or dots": N_("a word announces it, and it has digits or dots"),
    "Windows account": N_("it is an account of a Windows domain"),
    "handle": N_("it begins with «@»"),
    "handle, in context": N_("it begins with «@», and a word announces it"),
    # Numbers
    "announced": N_("a word before it says what it is"),
    "announced behind": N_("a word after it says what it is"),
    "French, announced": N_("a word announces it, and it has the French shape"),
    "foreign, announced": N_("a word announces it, and it has a foreign shape"),
    "student number, announced": N_("a word announces a student number"),
    "with its key": N_("its control key is right"),
    "without its key, in context": N_("a word announces it; its key is left out"),
    "eleven digits that begin by 10": N_("eleven digits that begin with 10, whose key is right"),
    "usual groups": N_("its digits are grouped as usual, and its key is right"),
    "any groups, in context": N_("a word announces it, and its key is right"),
    "fourteen digits": N_("fourteen digits whose key is right"),
    "any country": N_("it has the length of its country, and its key is right"),
    "issuer and checksum": N_("its issuer is known, and its key is right"),
    "SIV with hyphens": N_("it has the shape of a number plate of today"),
    "SIV with spaces": N_("it has the shape of a number plate of today, with spaces"),
    "SIV in lower case or with spaces, in context": N_("a word announces a number plate of today"),
    "FNI, in context": N_("a word announces a number plate of before 2009"),
    # What is sensitive
    "health term": N_("a term of health, in a sentence about a person"),
    "union membership": N_("the membership of a union"),
    "private key": N_("it is a private key"),
    "known shapes": N_("it has the known shape of a key or a token"),
    "password in an address": N_("the address carries a password"),
    "password announced": N_("a label announces a password"),
    "password in a sentence": N_("a sentence says a password"),
    "token announced": N_("a label announces a key or a token"),
    # What several wordings announce
    **dict.fromkeys(
        (
            "FNI, alone",
            "FNI, of a car",
            "I am of",
            "Skype",
            "a login a few words behind its own",
            "a login behind its word",
            "after both words",
            "an identifier before its password",
            "announced in short",
            "announced, one letter apart",
            "beside the civil status",
            "came into the world",
            "handle that is a login",
            "in a list whose head names the directory",
            "its agency behind",
            "its agency in brackets behind",
            "its number, the directory behind",
            "place and date of birth",
            "square in lower case, in context",
            "where a diploma of care is registered",
            "who did it, in a log",
            "who did it, under a key",
            "a hearing",
            "beside somebody",
            "mistyped, behind its label",
        ),
        N_("the words around it announce it"),
    ),
    **dict.fromkeys(
        (
            "account and password parted by a stroke",
            "behind an account",
            "code of a door, an alarm, a card",
            "key of a network",
            "password in quotation marks",
            "password of no digits, right behind",
            "phrase in quotes",
            "word behind «mdp»",
        ),
        N_("the words around it announce a password or a code"),
    ),
    "signature in lower case": N_("it signs a message, without a capital"),
    "masked": N_("a person asked to mask it"),
}

RECOGNIZERS = {
    "Charter": N_("it matches the pattern that the charter declares"),
    "Mention": N_("it is a part of a name found elsewhere in the text"),
    "Choice": N_("a person asked to mask it"),
}
"""Those whose rules need no telling apart."""


def rule_words(recognizer: str, rule: str) -> str:
    """The message that says why ``rule`` of ``recognizer`` fired; the rule's name where unknown."""
    return RECOGNIZERS.get(recognizer) or RULES.get(rule) or rule or recognizer
