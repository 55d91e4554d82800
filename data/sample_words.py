"""The words that every newsroom of the sample shares: slots, numbers and spellings."""

from sample_editions import Slots, listed

# A number slot gives a number of range(low, high, step), with commas at the thousands.
NUMBERS: dict[str, tuple[int, int, int]] = {
    "few_digit": (2, 10, 1),
    "dozens": (11, 60, 1),
    "tens": (20, 100, 5),
    "tens_k": (15_000, 95_000, 5_000),
    "hundreds_k": (120_000, 900_000, 10_000),
    "amount": (2, 98, 1),
    "percent": (2, 68, 1),
    "hundred": (110, 950, 10),
    "thousand": (1_200, 9_800, 100),
    "big": (11_000, 96_000, 1_000),
    "age": (18, 92, 1),
    "teen": (12, 20, 1),
    "old_age": (81, 104, 1),
    "goals": (2, 6, 1),
    "runs": (112, 360, 1),
    "years": (2, 25, 1),
    "km": (12, 190, 1),
}

SLOTS: Slots = listed(
    few="two, three, four, five, six, seven, eight, nine, ten",
    ordinal="second, third, fourth, fifth, sixth",
    day="Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday",
    # Places abroad, by what befalls them. Ordinary stories take theirs from {abroad}.
    flood_place="""Assam, Bihar, Bosnia, Chennai, Emilia-Romagna, Henan, Jakarta, Kerala, Kinshasa,
    Malawi, Manila, Mozambique, Niamey, northern Peru, Paraguay, Porto Alegre, Sindh, South Sudan,
    southern Brazil, Sri Lanka, Sylhet, the Rhineland, Vietnam, Valencia, Côte d'Ivoire, Hunan""",
    fire_place="""Attica, British Columbia, California, Catalonia, central Chile, Corsica, Evia,
    Galicia, Kabylie, Leiria, Oregon, Sardinia, Siberia, southern Turkey, the Algarve, the Pantanal,
    Valparaíso, Córdoba, the Knysna hills, Gironde""",
    cyclone_place="""Andhra Pradesh, Bohol, Chittagong, Dominica, Fiji, Florida, Guam, Haiti,
    Honduras, Luzon, Madagascar, Mauritius, New Caledonia, Odisha, Puerto Rico, Réunion, Samoa,
    Taiwan, Tonga, Vanuatu, Zhejiang, the Bahamas, Barbuda, Beira, Okinawa, Yucatán""",
    quake_place="""Aceh, Albania, Bohol, central Italy, Ecuador, Haiti, Herat, Iran, Izmir, Kashmir,
    Kumamoto, Lombok, Marrakesh, Nepal, Oaxaca, Papua New Guinea, Sichuan, Sulawesi, Zagreb,
    Michoacán, Van, Gaziantep, Malatya, Croatia, Hokkaido, Chuquisaca""",
    conflict_place="""Afghanistan, Aleppo, Blue Nile, central Mali, Darfur, Donetsk, eastern Congo,
    Gaza, Idlib, Ituri, Kharkiv, Marawi, Mosul, Nagorno-Karabakh, North Kivu, Rakhine, Somalia,
    Tigray, Tripoli, Yemen, Cabo Delgado, northern Burkina Faso, Kayah""",
    hunger_place="""Chad, Kandahar, Karamoja, Madagascar, Niger, northern Kenya, Nugaal, Yemen,
    Puntland, Somaliland, South Sudan, the Sahel, Tigray, Turkana, Unity State, Zimbabwe""",
    epidemic_place="""Angola, Beira, Conakry, Dhaka, Équateur, Guinea, Haiti, Kasese, Liberia,
    Lusaka, North Kivu, Samoa, Sierra Leone, Uige, Wuhan, Yemen, Zambia, Lilongwe""",
    slide_place="""Attabad, Bududa, Chamoli, Freetown, Guatemala, Idukki, Java, Mocoa, Nariño,
    northern Myanmar, Petrópolis, Rangamati, Sindhupalchok, Uttarakhand, Enga, Guangxi, Medellín""",
    volcano="""Ambae, Anak Krakatau, Fuego, Mayon, Mount Agung, Mount Merapi, Nyiragongo, Semeru,
    Soufrière, Taal, Popocatépetl, Villarrica, Manam, Kīlauea, Cumbre Vieja""",
    region_cold="Hokkaido, Erzurum, Kashmir, the Dakotas, Altai, Ladakh, Transylvania, Xinjiang",
    region_coast="Galicia, Borneo, Mauritius, Brittany, Santa Barbara, Rayong, Ennore, Bataan",
    rail_place="""Alexandria, Bihar, Catalonia, Eskişehir, Galicia, Java, Lyon, Milan, Munich,
    Kraków, Odisha, Pretoria, Santiago, Sindh, Taiwan, Thessaly, Zhejiang, Zagreb, Accra, Prague""",
    abroad_mine="Cerro Rico, Donbas, Guizhou, Jharkhand, Kolwezi, Minas Gerais, Zonguldak, Tarkwa",
    alps="Tyrol, Savoy, Valais, Gulmarg, Bansko, Aspen, Ischgl",
    heat="41C, 43C, 45C, 46C, 44 degrees, 42 degrees",
    capital="""Accra, Ankara, Athens, Bangkok, Beijing, Berlin, Bogotá, Brasília, Brussels,
    Budapest, Cairo, Canberra, Caracas, Colombo, Copenhagen, Dakar, Dublin, Hanoi, Harare, Helsinki,
    Islamabad, Kathmandu, Kigali, Lima, Lisbon, London, Madrid, Nairobi, New Delhi, Oslo, Ottawa,
    Pretoria, Reykjavík, Riyadh, Rome, Santiago, Seoul, Stockholm, Tallinn, Tokyo, Tunis, Vienna,
    Warsaw, Washington, Wellington""",
    city="""Amsterdam, Antwerp, Barcelona, Busan, Chicago, Dubai, Geneva, Glasgow, Gothenburg,
    Guadalajara, Hamburg, Istanbul, Kraków, Kuala Lumpur, Lyon, Málaga, Malmö, Manchester,
    Melbourne, Milan, Montréal, Mumbai, Munich, New York, Osaka, Paris, Perth, Prague, São Paulo,
    Shanghai, Singapore, Sydney, Toronto, Turin, Vancouver, Zürich""",
    land="""Albania, Angola, California, Croatia, Ecuador, Fiji, Florida, Guinea, Haiti, Honduras,
    Iran, Java, Kerala, Lombok, Madagascar, Mauritius, Nepal, Oregon, Papua New Guinea, Paraguay,
    Puerto Rico, Réunion, Samoa, Sardinia, Sichuan, Sri Lanka, Taiwan, Tonga, Turkey, Vanuatu,
    Vietnam, Zambia, Zimbabwe, Galicia, Catalonia, Corsica, Florida, Okinawa, Siberia, Valencia""",
    overseas="{capital}, {city}, {land}, {land}",
    abroad="""{capital}, {city}, {flood_place}, {cyclone_place}, {conflict_place}, {quake_place},
    {epidemic_place}, {capital}, {city}""",
    # People.
    worker="""nurse, teacher, plumber, welder, librarian, postman, bus driver, baker, electrician,
    barber, cleaner, architect, accountant, pharmacist, dentist, carpenter, surveyor, chef,
    solicitor, security guard, paramedic, bricklayer, vet, tailor, taxi driver, jockey, locksmith,
    florist, real estate agent, retired headmaster, beekeeper, fishmonger, piano tuner""",
    workers="""nurses, teachers, bus drivers, dockworkers, cleaners, bakers, miners, pilots, junior
    doctors, train drivers, posties, paramedics, lecturers, prison officers, midwives, baggage
    handlers, wharfies, meat workers, civil servants, refuse collectors, cabin crew, farmhands,
    council gardeners, lab technicians, school caretakers, call centre staff, air traffic
    controllers""",
    group="""residents, parents, pensioners, traders, shopkeepers, tenants, commuters, anglers,
    cyclists, campaigners, ratepayers, students, veterans, surfers, neighbours, market traders, dog
    walkers, birdwatchers, home owners, allotment holders, taxi drivers, stallholders, volunteers,
    retirees""",
    relative="""father, mother, brother, grandmother, uncle, sister, son, daughter, stepfather,
    husband, wife, cousin, widow, grandfather""",
    player="""captain, coach, striker, sprinter, midfielder, teenager, veteran, debutant, defender,
    manager, goalkeeper, winger, skipper, rookie, playmaker, former captain""",
    sportsman="{player}",
    artist="""novelist, painter, folk singer, sculptor, comedian, potter, choreographer, playwright,
    cellist, photographer, poet, rapper, weaver, cartoonist, puppeteer, film-maker, drummer,
    muralist""",
    expert="""scientist, economist, historian, academic, engineer, botanist, professor, geologist,
    auditor, criminologist, demographer, psychologist, pollster, linguist, urban planner,
    actuary""",
    # Things.
    project="""car park, skate park, swimming pool, library, bypass, art gallery, museum,
    footbridge, marina, boat ramp, bus interchange, town hall, wind farm, solar farm, sports hall,
    cinema, hospice, crematorium, dog park, food market, village hall, water tank, sewage plant,
    showground, cycle lane, velodrome, community garden, childcare centre, recycling depot, railway
    station, data centre, hotel, playground, retirement village, stadium, fish market, botanic
    garden""",
    service="""rubbish collection, street lighting, home help, school meals, library hours, bus
    passes, dog licences, parking permits, tree planting, kerbside recycling, lifeguards, rat
    control, graffiti removal, burial plots, water meters, public toilets, street sweeping, verge
    mowing""",
    sector="""retail, tourism, housing, mining, textile, dairy, insurance, shipping, banking,
    telecoms, construction, brewing, aviation, pharmaceutical, fishing, timber, steel, hotel, car
    parts, fintech, sugar, wine, solar, cement, egg, publishing, lithium, furniture, tea, footwear,
    logistics""",
    company="""airline, supermarket chain, bank, brewer, miner, carmaker, builder, insurer,
    retailer, telecoms firm, dairy giant, software company, shipyard, bakery chain, drug maker,
    energy supplier, toy maker, steelmaker, cinema chain, hotel group, courier firm, publisher,
    paint maker, biscuit maker, gold producer, furniture chain, fintech start-up, fertiliser maker,
    casino operator, chipmaker""",
    goods="""phones, pianos, bicycles, sofas, tractors, cars, toys, shoes, laptops, vitamins, tyres,
    mattresses, prams, fridges, solar panels, sunglasses, cement bags, school uniforms, headphones,
    garden tools, batteries, coffee machines, wigs, perfumes, textbooks, sewing machines""",
    loot="""cash, jewellery, copper wire, laptops, tools, cattle, medals, quad bike, cigarettes,
    fuel, power tools, violin, gold chains, whisky, baby formula, church bell, phones, number
    plates, saffron, wheelchairs, bee hives, trailer, garden gnomes, car batteries, lottery tickets,
    guns""",
    crime="""fraud, theft, assault, burglary, arson, drug dealing, perjury, stalking, blackmail, tax
    evasion, forgery, robbery, bribery, embezzlement, money laundering, contempt, kidnapping, drink
    driving, poaching, extortion, harassment, insider trading, cattle rustling, smuggling""",
    killing="murder, manslaughter, attempted murder, stabbing, hit-run, axe attack, poisoning",
    premises="""petrol station, newsagent, jewellers, chemist, farmhouse, hotel, car yard, church,
    mosque, school, betting shop, warehouse, corner shop, golf club, building site, bank, nightclub,
    caravan park, market, cemetery, primary school, bus depot, laundrette, bakery""",
    disease="""diabetes, asthma, dementia, heart disease, arthritis, glaucoma, stroke, breast
    cancer, eczema, sickle cell, epilepsy, migraine, gout, obesity, endometriosis, high blood
    pressure, hearing loss, prostate cancer, insomnia, cystic fibrosis, depression""",
    remedy="""blood test, vaccine, gene therapy, eye drop, brain scan, implant, nasal spray,
    breathing device, insulin pump, sleep app, drug, pill, patch, robot surgeon""",
    creature="""bats, frogs, whales, honeybees, sea turtles, owls, sharks, cranes, penguins, otters,
    beetles, sparrows, geckos, octopuses, dolphins, butterflies, wild dogs, eels, rhinos, lizards,
    vultures, seahorses, hornbills, sturgeon, spiders, pelicans, wrens, beavers""",
    school_subject="""maths, music, history, science, coding, French, Mandarin, art, chess, reading,
    physics, drama, cookery, woodwork, civics, grammar, geography""",
    gadget="""phone, drone, electric car, chatbot, smart watch, e-scooter, telescope, satellite,
    hydrogen bus, battery, payment app, video game, broadband cable, robot, 3D printer, search
    engine""",
    product="""phone, piano, bicycle, sofa, tractor, toy, shoe, laptop, vitamin, mattress, fridge,
    tent, sunglasses, cement, perfume, textbook, sewing machine, candle, carpet, kettle,
    umbrella""",
    show="""ballet, opera, sitcom, musical, play, soap, podcast, quiz show, thriller, album,
    documentary, biopic, graphic novel, memoir, cookery show, exhibition, sculpture trail, radio
    drama""",
    prize="""book prize, film award, short story prize, portrait prize, song contest, poetry medal,
    design award, photography prize, scholarship, lifetime award, residency, talent show""",
    festival="""jazz festival, film festival, food fair, agricultural show, writers' festival,
    carnival, rodeo, regatta, book fair, kite festival, flower show, county fair, light show, tattoo
    expo, folk festival, beer festival, marathon, street parade, cheese fair, comedy week""",
    substance="cocaine, heroin, cannabis, tramadol, crystal meth, ketamine, codeine, ecstasy",
    illness_minor="hamstring, knee, shoulder, ankle, groin, back, wrist, calf, hip, thumb",
    # How many and how.
    up="up, higher, sharply up, slightly up, modestly higher",
    rise="rise, climb, edge up, jump, surge, creep up, soar, rebound",
    fall="fall, slip, slide, drop, tumble, sag, plunge, ease",
    rises="rises, climbs, edges up, jumps, surges, creeps up, soars, rebounds",
    falls="falls, slips, slides, drops, tumbles, sags, plunges, eases",
    backed="""backed, welcomed, rejected, opposed, delayed, scrapped, questioned, under review, on
    hold, in doubt, approved, revived, defended, watered down, mooted""",
    backs="backs, defends, endorses, welcomes, rejects, opposes, delays, scraps, questions",
    plan="plan, proposal, scheme, bid, idea, blueprint, project",
    probe="inquiry, probe, audit, review, investigation",
    row="row, dispute, stand-off, feud, stoush, wrangle, spat",
    critic="critics, unions, auditors, backbenchers, rivals, lobbyists, watchdogs, experts",
)

# Templates are written in British spelling; each newsroom's own words replace these, whole
# words only (see make_sample.respell).
_IZE_STEMS = """organ recogn apolog critic privat priorit author stabil modern memor revital mobil
    scrutin legal hospital penal equal custom standard symbol national emphas"""
_IZE = {
    f"{stem}is{ending}": f"{stem}iz{ending}"
    for stem in _IZE_STEMS.split()
    for ending in ("e", "ed", "es", "er", "ers", "ing", "ation")
}
_NORTH_AMERICAN = _IZE | {
    "tyre": "tire",
    "kerb": "curb",
    "kerbside": "curbside",
    "programme": "program",
    "mum": "mom",
    "maths": "math",
    "aluminium": "aluminum",
    "jewellery": "jewelry",
    "jewellers": "jewelry store",
    "chemist": "drugstore",
    "petrol": "gas",
    "postman": "letter carrier",
    "posties": "letter carriers",
    "wharfies": "longshoremen",
    "dockworkers": "longshoremen",
    "stoush": "feud",
    "betting shop": "liquor store",
    "newsagent": "convenience store",
    "headmaster": "principal",
    "cookery": "cooking",
    "caravan park": "trailer park",
    "drink driving": "drunk driving",
    "drink driver": "drunk driver",
    "per cent": "percent",
}
_OUR = (
    "colour harbour labour neighbour favour honour rumour armour behaviour flavour vigour favourite"
)
_DOUBLE_L = (
    "cancelled cancelling travelled travelling traveller fuelled fuelling labelled tunnelling"
)
_AMERICAN = (
    _NORTH_AMERICAN
    | {word: word.replace("our", "or") for word in _OUR.split()}
    | {word: word.replace("ll", "l") for word in _DOUBLE_L.split()}
    | {
        "centre": "center",
        "theatre": "theater",
        "metre": "meter",
        "kilometre": "kilometer",
        "litre": "liter",
        "fibre": "fiber",
        "defence": "defense",
        "offence": "offense",
        "licence": "license",
        "grey": "gray",
        "mould": "mold",
        "plough": "plow",
        "storey": "story",
        "councillor": "council member",
        "sulphur": "sulfur",
        "solicitor": "attorney",
        "pensioners": "seniors",
        "pensioner": "retiree",
        "ratepayers": "taxpayers",
        "cheque": "check",
        "prams": "strollers",
        "laundrette": "laundromat",
        "railway": "railroad",
        "allotment holders": "gardeners",
        "real estate agent": "realtor",
    }
)
SPELLINGS: dict[str, dict[str, str]] = {
    "british": {"stoush": "row", "wharfies": "dockers", "posties": "postal workers"},
    "australian": {"programme": "program"},
    "canadian": _NORTH_AMERICAN,
    "american": _AMERICAN,
}
