"""The sample's ordinary beats: headlines that no disaster professional is called for.

Written as `sample_disasters.DISASTER_TEMPLATES` are. None of them tells of a disaster, though
many use the same words: rescue, emergency, missing, warning, relief, evacuated, dead.
"""

BEAT_COUNTS: dict[str, int] = {
    "sport": 800,
    "politics": 460,
    "police": 500,
    "courts": 440,
    "business": 500,
    "local council": 370,
    "health": 320,
    "culture": 320,
    "education": 210,
    "transport": 195,
    "farming": 195,
    "science": 195,
    "environment": 160,
    "foreign affairs": 150,
    "labour": 110,
    "road accident": 115,
    "technology": 95,
    "weather": 70,
    "oddity": 80,
}

BEAT_TEMPLATES: dict[str, str] = {
    "sport": """
{town} {nick} [edge|crush|hold|stun] {town} in {game} [thriller|final]
{town} {nick} [outlast|outmuscle|upset|see off] {town} in {game} [thriller|final]
{town} {nick} [sign|release|re-sign|chase|drop|bench] [veteran|teen|injured] {sportsman}
{surname} [kicks|scores|nets] {goals} as {town} [win|romp home|survive]
{sportsman} {surname} out for {few} weeks with {illness_minor} [injury|strain|tear]
{surname} [named|confirmed as|quits as|sacked as] {town} {nick} [coach|captain]
{league} [round-up|preview|wrap]: {town} [sink|humble|draw with] {town}
{town} [teen|schoolgirl|twins|schoolboy] [picked|selected] for {game} trials in {overseas}
{town} [teen|schoolgirl|twins|schoolboy] [picked|selected] for {game} world titles
AU GB NZ ZA IN PK JM > {surname} century [puts|leaves] {town} on top against {town}
AU GB NZ ZA IN PK JM > {surname} takes {few} wickets as visitors collapse for {runs}
{town} women reach {game} [semi-final|grand final|quarter-finals] after [late winner|extra time]
{nick} fans [turn on|back|sing for|boo] {sportsman}
{sportsman} {surname} [fined|banned|suspended|cleared] over [tackle|tweet|betting]
{sportsman} {surname} [fined|banned|suspended|cleared] over [drug test|spear tackle]
{town} to host [national|junior|masters|under-16] {game} [titles|championships|carnival]
[Late|Stoppage time|Last-minute|Own] goal [denies|rescues|sinks] {town} {nick}
{surname} [wins|takes|claims] [{town} Open|{overseas} marathon|long jump gold]
{surname} [wins|takes|claims] [road race|{town} half marathon|junior title]
{surname} [shoots|cards] [66|67|69|63] to [lead|share lead at] {overseas} [Open|Classic]
{surname} [through to|into|crashes out in] [second round|last 16|semi-finals] in {overseas}
{sportsman} {surname} [retires|comes out of retirement] with '[no regrets|one dream]'
{sportsman} {surname} [makes comeback|turns 40] with '[no regrets|one dream]'
{nick} [unveil|ditch|defend] new [jersey|mascot|stadium plan|anthem|sponsor]
Crowd trouble mars {town} derby, {few} fans ejected
{town} {nick} [extend winning run to|end losing run at|end unbeaten run at] {few}
[Rain|Bad light|Fog|A swarm of bees|Wet outfield] [stops play|delays start] in {town}
{surname} to [fight|meet|face] {surname} for [vacant|world|regional] title in {overseas}
{town} jockey {surname} [lands|rides] {few} winners at {town}
{sportsman} {surname} happy to [bide time|bat anywhere|wait for chance] after [recall|snub]
{league} chiefs [review|reject|rule on] [video referee|salary cap|draft]
{league} chiefs [review|reject|rule on] [fixture list|ball-tampering row]
{town} {nick} [lose|miss] [captain|coach|key duo] [for|ahead of] {league} [opener|decider|clash]
Injury [blow|scare|cloud|worry] for {nick} as {surname} limps off
Young guns fire as {town} {nick} shoot down {town}
{surname} [breaks|equals|eyes] [national|course|club|world] record in {overseas}
{town} {nick} on brink of relegation after {goals}-0 [hiding|loss]
[Olympic|Paralympic|Commonwealth] hopeful {surname} trains in [father's shed|{overseas}|old quarry]
{sportsman} admits {town} {nick} 'were [awful|lucky|second best]'
{surname}, {age}, still [bowling|umpiring|running|sailing] after all these years
{town} [rowers|archers|swimmers|gymnasts|judokas|cyclists] bring home {few} medals
{game} club [saved from closure|needs new roof|marks centenary|bars alcohol] in {town}
{surname} pulls out of {overseas} [Open|Masters|tour] with {illness_minor} [trouble|complaint]
AU GB NZ ZA IN PK JM > Selectors [gamble on|ignore|recall|stick with] {surname} for {ordinal} Test
{sportsman} {surname} [joins|leaves|snubs] {town} {nick} [on loan|for {cash}|after {years} seasons]
Darts, dogs and dominoes: {town} crowns its champions
{nick} {few} wins from {league} [glory|title|playoffs]
{surname} brothers [line up|square off] on opposite sides in {town} derby
Referee {surname} [attacked|walks off|praised] after {town} match
{nick} [scrape|cruise|limp|power] into final four
Tickets for {league} [final|decider] sell out in {few} minutes
{town} {nick} [beat|thrash|lose to] {overseas} [tourists|side] in [friendly|tour match|warm-up]
{surname} dedicates [win|medal|try] to late {relative}
Drug cheats [warned|face life bans] ahead of {overseas} games
{town} girl, {teen}, [skates|vaults|dives|lifts] her way to {overseas}
[Sailors|Canoeists|Surfers] head for [Fiji|Cork|Mauritius|Valencia] after record season
AU NZ > Footy, faith and family: the {surname} story
No excuses, says {surname}, after {town} flop
AU > [Magpies|Tigers|Dockers|Crows] [too strong for|too good for|hold off] {town} in wet
AU > Tigers, Swans [locked|tied] at [three-quarter time|the break]
IN > Nervy chase sees {town} XI home with {few} balls left
IN PK > [Spinners|Tailenders|Openers] save {town} on final day
US > {town} Little League [team|manager] heads to regionals
US > Late offense lifts {town} past {town} in overtime
CA > Sticks, snow and glory: {town} pond hockey returns
GB IE > Non-league {town} draw [giants|holders] in cup
NZ > {surname} named at [first-five|lock|fullback] for {town} test
KE > {surname} wins {overseas} marathon in course record
ZA > Comrades runner {surname} crawls over line in {town}
PH > {town} cagers rally past {town} in overtime
NG > {surname} nets brace as {town} pip rivals at home
JM > {surname} runs wind-aided 10.0{few_digit} at {town} meet
""",
    "politics": """
{leader} [{backs}|unveils|shelves] [tax|pension|housing|school|transport|gambling|water] {plan}
{party} [pledge|promise|vow] {millions} for {town} [hospital|stadium|ring road]
{party} [pledge|promise|vow] {millions} for {town} [sewers|police station]
{leader} {surname} [resigns|quits] [over|amid] [expenses|leak|visa|lobbying] {row}
{leader} {surname} [steps down|denies rumours] [over|amid] [expenses|leak|visa|lobbying] {row}
{party} [split|united|divided] over [nuclear|carbon|land|migration] [policy|bill|law]
{party} [split|united|divided] over [digital tax|drug|voting] [policy|bill|law]
Poll shows {party} [ahead|slipping|level|gaining] in {region}
{critic} [slam|question|attack] {leader}'s [budget|reshuffle|travel bill|silence|advertising spend]
[Budget|Mini budget] [deficit|surplus] [widens|shrinks] to {billions}
{leader} [apologises|hits back|under fire] over [joke|email|gift|tax return|golf trip|ballot delay]
By-election called in {town} after [MP|member] [quits|convicted|retires]
{surname} [wins|loses|concedes|retains] {town} seat by {hundred} votes
Recount [ordered|begins|looms] in {region}
{parliament} [passes|rejects|delays|debates] [privacy|sugar tax|land] bill
{parliament} [passes|rejects|delays|debates] [surrogacy|plastic|whistleblower] bill
{leader} to [visit|skip|open] {town} [mill|fair|factory|mosque|barracks|campus]
Cabinet [leak|reshuffle|retreat|vacancy] [dogs|looms for|tests] {leader}
{surname} [tipped|backed|ruled out] as next [treasurer|party leader|speaker|envoy|whip]
Candidate for {party} [dumped|withdraws|apologises] over [old tweets|citizenship|shares]
Voters in {region} [head to polls|shun ballot|want answers on jobs]
Minister [rules out|flags|hints at] [toll|levy|early election|pay cut|merger|pension change]
{leader} told to [come clean|release report|sack adviser] on {millions} [contract|grant|consultancy]
Ad campaign to sell {leader}'s reforms costs {millions}
Republic, flag and anthem: {town} has its say
{parliament} to [grill|hear from] {company} boss
{few} [ministers|aides|senators] [test|weigh] leadership as {party} slide in polls
{group} [heckle|petition|lobby|ambush] {leader} [over|on] [gambling|pensions|land tax]
{group} [heckle|petition|lobby|ambush] {leader} [over|on] [rents|port sale]
Freedom of information [request|fight] reveals {leader}'s {cash} [office|flights|wine bill]
{leader} [sacks|hires|defends|meets] [police minister|chief of staff|electoral officer|speechwriter]
Emergency sitting called to [fix|plug] gap in [voting|tax|fisheries] law
{party} [hold|launch|cancel] [conference|rally|manifesto|fundraiser] in {town}
Gender [quota|pay] bill [stalls|clears hurdle] in {parliament}
Former {leader} {surname} [writes memoir|joins bank|honoured|dies at {age}]
Federal funds for {town} [airport|dialysis unit|arts hub] '[not enough|too late]'
Defence [minister|secretary] [orders|defends|cuts] {billions} [submarine|helicopter|rifle] deal
Aid budget [trimmed|frozen|spared] as {leader} hunts savings
{region} [to get|demands|loses] extra seat in [boundary|electoral] review
{expert} [appointed|named] to [electricity|gambling|press|land] [commission|regulator]
Women's group wants {leader} to act on [childcare|equal pay|street lights]
Turnout [low|brisk|patchy] as {town} votes
US > Mr {surname} goes to Washington: a freshman's first week
{leader} in {overseas} to [sell|seek|sign] [trade|gas|student visa|film] deal
What the {leader}'s [speech|budget|tour] means for {region}
Rural {group} feel forgotten, {surname} tells {parliament}
Ethics panel [clears|reprimands] {surname} over [free flights|land sale|staff hire]
US > Filibuster [ends|begins] [as|after] {surname} reads [cookbook|phone book] for {few} hours
US > Filibuster [ends|begins] [as|after] {surname} reads scripture for {few} hours
AU NZ > Pokies [tax|cap|losses|barons] [anger|divide|worry] {town} {group}
AU > Pokies reform {backed} as {town} clubs lobby {leader}
IN > Defections rock {party} in {region} ahead of floor test
NG > {surname} decamps to [APC|PDP] as {region} primaries near
GB > Backbenchers plot as {surname} survives confidence vote
KE > MCAs impeach {surname} over {millions} tender
PH > Solons want probe of {millions} flood-control funds
ZA > Coalition talks drag on in {town} metro
""",
    "police": """
Police [seek|hunt|name] [man|teenager|woman|trio] over {town} [robbery|stabbing|break-in]
Police [charge|release image of] [man|teenager|woman|trio] over {town} [robbery|stabbing|break-in]
{loot} stolen from {town} {premises}
[Armed|Masked|Knife-wielding|Hooded] [robber|duo|gang] hits {town} {premises}
[Man|Woman], {age}, [charged|arrested|bailed|quizzed] over {town} {killing}
Teen, {teen}, [charged|arrested|bailed|quizzed] over {town} {killing}
Police [find|seize|uncover] {millions} of {substance} in {town} [shed|container]
Police [find|seize|uncover] {millions} of {substance} in {town} [coffin|ice cream van]
Fears for missing [schoolgirl|bushwalker|angler|grandfather|backpacker] in {region}
Body found in {town} [river|canal|park|creek|flat], police not seeking others
Search [resumes|scaled back|ends happily] for missing [hiker|kayaker] near {town}
Search [resumes|scaled back|ends happily] for missing [{age}-year-old|toddler] near {town}
{town} {premises} [ram-raided|burgled|vandalised] for {ordinal} time
Police [appeal for|seek] witnesses to {town} [brawl|assault|shooting|hit-run]
{worker} [bashed|robbed|held up|threatened] [at|outside] {town} {premises}
Suspicious [shed|bin|car|garage] fire in {town}, police ask for dashcam
Teens [blamed for|admit|questioned over] {town} [graffiti|letterbox bombs|arson|car theft spree]
Shots fired at {town} [house|bikie clubhouse|bar], nobody hurt
Police [chase|pursuit] ends in [pond|flower bed|car wash|arrest] near {town}
[Detectives|Homicide squad] [return to|dig up] {town} [property|garden|farm] in cold case
{few} arrested in {town} [drug|cockfighting|dog fighting|gambling|visa] [raid|sting|swoop]
Body in {town} [boot|barrel|suitcase] identified as {surname}
[Scam|Romance fraud|Fake lottery|Bogus roofing] costs {town} pensioner {cash}
Siege [ends|peacefully over] at {town} [house|{premises}], man taken away
Police officer {surname} [stood down|commended] [over|after] [chase|taser use|rescue of dog]
Police officer {surname} [cleared|sacked] [over|after] [chase|taser use|rescue of dog]
Boy, {teen}, [rescued|winched] from [cliff|drain|old well|chairlift] at {town}
{town} [man|woman] [attacked by|fights off] [dog|swan|intruder|ex-husband]
Swimmer, {age}, drowns in {town} [lake|pool|waterhole|quarry]
Child [found safe|located] after {few} hours alone in {town}
Police [warn|remind] {group} on [door locks|fake notes|phone thefts|doorstep sellers]
Gun [amnesty|haul|theft] in {region} [nets|yields|worries police] {hundred} [weapons|rifles]
[Laptop|Copper|Cigarette|Medal|Fuel|Guitar|Gold] theft at {town} {premises} 'an inside job'
Farm thefts: {loot} gone in {region}
Bomb [hoax|joke|squad called over odd parcel] clears {town} {premises}
Police crackdown on [street racing|illegal parking|loud exhausts|fake plates|ticket touts] in {town}
[Hotline|Reward of {cash}|CCTV] leads to {town} {killing} arrest
Neighbourhood watch [revived|wound up] in {town} after burglaries
Diver, {age}, missing in reservoir near {town}
Elderly [couple|sisters] tied up in {town} home invasion
{surname} family [pleads for|waits for|gets] answers in {town} {killing}
Officer hurt as [crowd|party|wedding] turns violent in {town}
Police dog [retires|sniffs out {substance}|bites sergeant] in {town}
Kitchen fire [damages|scorches] {town} {premises}, no injuries
Mystery over {age}-year-old's death at {town} {premises}
Spike in [parcel|bicycle|copper|number plate|saddle] thefts [puzzles|angers] {town}
Light plane pilot walks away from [field|beach|road|golf course] landing at {town}
Hunter finds [human bones|safe|rusted car] near {town}
Two men tied up, {loot} taken in {town} raid
NG > [Gunmen|Hoodlums] abduct {worker} in {town}, demand {millions}
IN > Chain snatchers strike again in {town}, CCTV footage out
IN PK > Man held for killing {relative} over land in {town}
KE > Police recover {few} stolen [goats|guns|matatus] in {town}
ZA > Cash-in-transit gang hits van outside {town}
PH > {few} nabbed, {cash} in {substance} seized in {town} buy-bust
JM > Cop shot, gunman held in {town}
US > Deputies arrest [clown|mother of {few}|ex-mayor] after {town} standoff
GB > Met detective joins hunt for {town} [knifeman|flasher|bike thief]
""",
    "courts": """
{worker} [jailed|fined|sentenced|spared jail] [for|over] {crime}
{town} [man|woman|teen] [pleads guilty to|denies|admits|faces court over] {crime}
[Judge|Jury|Magistrate] [discharged|retires|out|sent home] in {surname} {killing} trial
{court} [{backs}|upholds|overturns|hears] [ban on|challenge to|appeal over] [mine|mosque|will]
{court} [{backs}|upholds|overturns|hears] [ban on|challenge to|appeal over] [wind farm|adoption]
{surname} [wins|loses|drops] [appeal|defamation case|custody battle|{millions} lawsuit]
Accused [killer|poisoner|arsonist|gunman] '[heard voices|acted alone|not in town]', court told
[Former|Ex] {company} [boss|chairman|accountant] [jailed|cleared|charged] [over|for] {crime}
Court told of {relative}'s [secret|debts|last call] in {surname} [case|trial]
{crime} charges against {leader} [dropped|adjourned|laid|proceed]
{town} [priest|doctor|coach|landlord] [faces|to stand trial on] {few} {crime} charges
Inquest [hears|told] of [delay|mix-up|missed signs] in {surname} death
[Mother|Father] of {few} gets {years} years for {crime}
Class action [launched|looms|settled] over [hip implants|faulty cladding|hidden fees]
Class action [launched|looms|settled] over [spoiled milk|talc]
{company} [fined|sued for|ordered to pay] {millions} over [safety breach|price fixing|unpaid leave]
{surname} [extradited|deported] from {overseas} to face {crime} charges
Bail [refused|granted] for [alleged|accused] {town} [arsonist|gunman|fraudster|stalker|drug courier]
Witness [fails to show|breaks down|changes story] in {surname} trial
[Prosecutors|Lawyers] want {years} years for [hacker|forger|poacher|ex-policeman|cult leader]
Judge [criticises|rules against|orders] {health_body} in [negligence|privacy|feeding tube] case
{court} [rules|says] [dog|lottery ticket|frozen embryo|footpath|grave] belongs to {relative}
Teen's {killing} sentence '[manifestly inadequate|too harsh]', {court} told
Jury in {town} {killing} trial visits [farm|{premises}|scene]
Drug [mule|courier|lord] {surname} [appeals|to learn fate|weeps] in {overseas} court
{surname} estate: {relative} and carer fight over {millions}
Cyclist wins {cash} after fall on {town} {footpath}
Neighbours' [hedge|rooster|fence|drumming] {row} ends in {court}
Police [officer|chief] gave [false|conflicting] evidence, {court} told
Life for {town} [man|killer] who [poisoned|stabbed|shot] {relative}
{court} [frees|acquits|convicts] {few} in {crime} case
Graffiti artist [paints over|must clean] {town} {premises}
Freed after {years} years, {surname} [sues|forgives|goes fishing]
Ex-{worker} [struck off|barred] after {crime} conviction
Royal commission [hears|told] of [abuse at|failings in] {town} [orphanage|prison|bank]
Shipwreck [gold|bell|cannon] ownership goes to {court}
Builder of [collapsed|leaky] {town} [deck|balcony|wall] [banned|fined {cash}]
{surname} sentencing [delayed|adjourned] as [lawyer falls ill|judge retires|lift breaks down]
Union [fined|wins case|in court] over {town} [picket|crane stoppage]
IN > {court} stays [demolition|transfer|exam|film release] in {town}
NG > EFCC arraigns {surname} over {millions} {crime}
PH > {surname} faces plunder raps over {millions} [fertiliser|pork barrel] fund
US > Death row inmate {surname} loses last appeal
GB > Old Bailey told of {surname}'s double life
IE > Judge bars {surname} from {pub} after [fiddle|darts] row
""",
    "business": """
{company} [profit|revenue|output|turnover] [{rises}|{falls}] {percent} per cent
{company} to [cut|shed|add|hire] {hundred} jobs in {town}
Shares [{rise}|{fall}] as [miners|banks|retailers|tech stocks] [lead|recover|drag]
{company} [shuts|opens|sells|mothballs|expands] {town} [plant|office|warehouse|mill|store]
{product} maker [goes into|exits|faces] [administration|bankruptcy|liquidation]
{company} [buys|bids for|courts|merges with] {overseas} rival for {billions}
[House|Rent|Land|Flat] prices [{rise}|{fall}] in {town}
Central bank [holds|lifts|cuts] rates as inflation [eases|bites]
Central bank [holds|lifts|cuts] rates as inflation hits {few_digit}.{few_digit} per cent
{sector} [jobs|exports|sales|orders] [{rise}|{fall}] for {ordinal} [month|quarter]
[Currency|Local currency] [weakens|firms|steadies] against [dollar|euro|yen]
{surname} [named|quits as|replaces {surname} as] {company} [chief|chairman|finance head]
Consumers [keep wallets shut|splash out] on {goods}
{petrol} prices [{rise}|{fall}] ahead of [long weekend|holidays|budget]
{company} recalls {thousand} {goods} over [labelling|quality|safety|glue] [fault|fears]
Watchdog [{backs}|clears|blocks] {company} [merger|takeover|float]
{town} [shop|cafe|bookseller|tailor|sweet maker] closes after {years} years
Shoppers queue as {company} opens in {town}
{sector} sector [welcomes|fears|shrugs off] new [tax|tariff|safety code|export rules]
{company} [strike|wage deal|bonus row|audit] [costs|saves] {millions}
{goods} imports from {overseas} [hurt|undercut] {town} makers
[Gold|Copper|Nickel|Oil] [hits {few}-year high|eases|steadies|slides] in {overseas} trade
[Cocoa|Iron ore|Palm oil|Tin] [hits {few}-year high|eases|steadies|slides] in {overseas} trade
Tourism [bosses|operators] in {region} [upbeat|gloomy|split] about [season|cruise ships|visa fees]
{town} [start-up|family firm|tannery] wins {millions} [order|contract|backing]
[Start-up|Firm] sells [insect flour|second-hand uniforms|bottled air|rental {goods}] to {overseas}
{sector} giants [face|agree to|fight] {billions} tax bill
Airport [retail|parking|landing] fees [{rise}|{fall}] in {town}
{overseas} buyers eye {town} [vineyards|cattle stations|hotels|docks]
{company} hit by {millions} write-down
[Economists|Analysts|Traders] [cut|lift|trim] growth forecast to {few_digit}.{few_digit} per cent
{town} workers [wait for|denied|receive] entitlements as {company} folds
Small firms in {region} struggle with [power bills|rents|late payment|red tape]
{surname} [makes|loses|gives away] {billions} on {sector} bet
Market wrap: [banks|miners|airlines] weigh as {overseas} stocks [{rise}|{fall}]
Ghost malls: who still shops in {town}?
Why {town} cannot get enough {goods}
{sector} boss {surname} earns {millions} as workers get {few_digit} per cent
{company} fined over [fake reviews|short measures|late refunds|secret fees|junk mail]
Power firm [warns of|rules out|blames coal for] planned {town} outages
Jobs boost for {town} as {company} picks site
{town} [port|pipeline|smelter|terminal|refinery] plan to cost [miner|builder] {billions}
{group} [boycott|flock to] {company} over [prices|adverts|wages]
Insurer's profit [{rises}|{falls}] as claims [ease|mount]
Women-run {sector} co-op in {region} exports first [crate|container]
AU > Iron ore [royalties|shipments] lift {region*} coffers
IN > Sensex [sheds|gains] {hundred} points, rupee [firms|flat]
GB > FTSE [ends|opens] [flat|lower] as sterling [wobbles|gains]
NG > Naira [gains|loses] as CBN [sells dollars|holds fire]
KE > NSE investors [lose|gain] {billions} in {few} days
ZA > Load shedding [returns|eases], {sector} firms buy generators
PH > Peso [slips|rebounds], PSEi [up|down] {hundred} points
US > Dow [climbs|sheds] {hundred} as Fed [pauses|signals hike]
CA > TSX [edges up|sags] on energy, loonie [flat|weaker]
""",
    "local council": """
{council} [{backs}] {town} {project} {plan}
{group} [fight|welcome|petition against|rally for|fume over] {town} {project}
{councillors} [vote|refuse|agree|move] to [cut|keep|outsource|expand] {service}
{council} [spends|wastes|saves|finds] {cash} on {service}
{mayor} {surname} [defends|denies|explains|regrets] [trip to {overseas}|pay rise]
{mayor} {surname} [defends|denies|explains|regrets] [casting vote|chauffeur]
Rates to [rise|go up] {few_digit} per cent in {town}
{town} [{project}] [opens|delayed|over budget|gets green light|wins award]
{council} [sued|fined|praised|under fire] over [potholes|playground|trees|lost files|dog pound]
New rules for [food trucks|buskers|short lets|dogs|drones|market stalls|signs] in {town}
{group} want [shade|toilets|speed humps|a crossing|better lights|benches] at {town} {project}
{town} to get {millions} {project}
Work [starts|stalls|resumes] on {town} {project}
{council} [seeks|asks for] public views on {project}
Heritage [listing|fight|row] for {town} [pub|mill|cinema|jail|clock tower|lido]
{mayor} [opens|closes|apologises for] {town} {project}
{council} [merger|split|election|audit|boss] [talks stall|in limbo|cleared|suspended]
Rubbish [piles up|contract awarded|fees rise] in {town}
Councillor {surname} [walks out|censured|quits|returns] after [shouting match|email leak|land vote]
{council} staff [to move|strike|get pay rise|work from home]
Car park machines [rejected|vandalised|go cashless] in {town}
{town} [squirrels|feral cats|pigeons|goats|bats|corellas] [headache|cull|truce] for {council}
{footpath} works [annoy|delight|divide] {town} {group}
{council} {probe} into {service} [finds|clears|blames] [contractor|manager|nobody]
Statue of {surname} [moved|unveiled|defaced|stays] in {town}
{town} main street [revamp|one-way trial|closure] {backed}
Liquor licence [refused|granted|suspended] for {town} {pub}
{council} to [plant|fell|save] {hundred} trees in {town}
Airport noise [anger|curfew|complaints] [grows|holds|ignored] in {town}
Land for {project} [rezoned|sold|handed back] in {town}
Mosquito [spraying starts|counts rise|spraying delayed|traps set] in {town}
{group} told to pay for own {service}
Storm drain [upgrade|art project|smell] [costs|earns] {town} {cash}
Emergency meeting over {town} [mayor's chain|swimming lessons|parking]
{few} bids for {town} {project}
{mayor} vows to fix [potholes|lights|queues|smell] [before|by] [election|festival|rains]
{council} turns down [giant prawn|zip line|casino|tower|cable car] for {town}
IN > Civic body razes {dozens} illegal shops in {town}
PH > {town} hall hands out [free movie passes|school bags] to seniors
KE > MCAs reject {surname}'s {millions} car budget
NG > {council} seals {few} markets in {town} over unpaid levies
ZA > {town} metro owes Eskom {millions}
JM > Vendors refuse to leave {town} market
""",
    "health": """
{health_body} [short of|hires|loses|to get] {few} [doctors|midwives|surgeons|anaesthetists|dentists]
[Study|Trial|Survey] links {disease} to [diet|night shifts|sugar|air quality|gum disease|stress]
New {remedy} [offers hope for|approved for|fails] {disease} patients
{disease} [rates|costs|cases|clinics] [{rise}|{fall}] in {region}
Patients wait {few} [hours|months] at {town} [hospital|clinic]
{town} hospital [wing|ward|kitchen|car park|dialysis unit] [opens|to close|gets {millions}]
{health_body} [apologises|investigated|praised|cleared] over [birth|mix-up|wait]
{health_body} [apologises|investigated|praised|cleared] over [data breach|care of {surname}]
[Nurses|Doctors|Midwives] [want|reject|win] [pay rise|safer rosters|more staff] at {town} hospital
Mum [gives birth|delivers twins] on {transit}
{worker} donates [kidney|bone marrow] to [stranger|boss|{relative}]
Flu jabs [free|on offer|delayed] for {region*} [pensioners|children|teachers]
[Smoking|Vaping|Drinking|Gambling|Energy drink] ban [urged|flagged|extended] [near schools|in parks]
{group} raise {cash} for {disease} [ward|research|nurse]
Surgeon {surname} [suspended|sued|cleared] after [complaints|mix-up|{town} audit]
Surgeon {surname} [honoured|retires] after [{years} years|{thousand} operations]
[Coffee|Garlic|Gardening|Singing|Dancing|Cold showers] may [cut|raise|not affect] {disease} risk
Ambulance [fees|rosters|uniforms] to change in {town}
Ambulance [ramping worsens|delays grow|volunteers honoured|base reopens] in {town}
{disease} [awareness|screening] [week|bus|drive] comes to {town}
Hospital food [rated|slammed|improves] in {town}
[Dental|Mental health|Eye|Sleep|Hearing] clinic to [open|close|move] in {town}
Medical school [places|fees|exam row] for {region}
Wonder {remedy} '[no better than placebo|worth every cent]'
Aged care home in {town} [fails|passes] [audit|inspection]
Organ donor numbers [{rise}|{fall}]
Blood bank [seeks|needs|thanks] [O negative|young|regular] donors in {town}
Emergency department [revamp|staff|security] [talks|plan|costs] at {town} hospital
{disease} drug [subsidy|price|shortage] [{backed}|worries patients]
{age}-year-old {worker} [beats|lives with|speaks about] {disease}
Screen time and {disease}: what parents should know
Headlice, hay fever and heatstroke: {town} school nurse tells all
Twins separated in {few}-hour operation go home to {town}
{expert} warns of [antibiotic|painkiller|steroid] misuse in {region}
Fake [doctor|dentist|pharmacist] [caught|jailed|on run] in {town}
Calls to [youth|farmers'|parents'] helpline [{rise}|{fall}] in {region}
Stillbirth {probe} ordered at {health_body}
GB > GP appointments [{rise}|{fall}] as {town} surgery [closes|merges]
IN > Kidney racket: {few} held in {town}
US > Insurer drops {town} hospital from network
NG > Resident doctors begin {few}-day warning strike in {town}
KE > {town} hospital detains mother over Sh{tens_k} bill
ZA > NHI bill [splits|worries] {town} doctors
""",
    "culture": """
{artist} {surname} [wins|shortlisted for|turns down|judges] {prize}
New {show} [explores|celebrates|mocks|retells] [life of {surname}|love in {town}]
New {show} [explores|celebrates|mocks|retells] [{town} childhood|a marriage]
{festival} [returns to|draws {big} to|cancelled in|leaves] {town}
[Film|Series|Play|Musical|Thriller] set in {town} [opens|premieres|wins prize] in {overseas}
{artist} {surname} [dies|honoured|returns home|turns {age}]
{town} [gallery|museum|theatre|library|choir|brass band] [reopens|gets grant|seeks home|goes online]
[Stolen|Lost|Unknown|Forged] [painting|manuscript|violin] [found|sold|returned] in {overseas}
[Stolen|Lost|Unknown|Forged] [diary|mask] [found|sold|returned] in {overseas}
Review: {show} that [sings|drags|dazzles|divides|takes its time]
{artist} paints {town} [silo|underpass|bus|water tower]
{worker} by day, {artist} by night
{surname}'s {show} [tops charts|panned|sells out|pulled from {festival}]
{town} {artist} takes [goats|silence|soap|rust|grandmothers] as subject
[Band|Choir|Orchestra] [tours|cancels|records in] {overseas}
Tickets to {festival} [sell out|go on sale|too dear] in {town}
{show} about {town} [fishermen|barmaids|pigeon racers|seamstresses] wins hearts
Celebrity {artist} [weds|splits from] [manager|co-star|rival] in {overseas}
Celebrity {artist} sues [tabloid|neighbour|biographer|ex]
[Dance|Poetry|Clay|Film|Circus|Radio] workshop for {town} [teens|prisoners|mothers|veterans]
Recipe: [grandmother's|five-minute|festival|lighter] {dish}
{dish} [rivals|champion|recipe] [divides|feeds|unites] {town}
What to [watch|read|hear|eat] this weekend
{prize} goes to {town} [teen|grandfather|duo|{worker}]
Busker from {town} [signs record deal|moved on|plays for president]
{town} cinema [screens last film|saved by {group}|turns {age}]
Museum [buys|borrows] [mummy|meteorite|canoe|throne|wedding dress] from {overseas}
Museum returns [mummy|meteorite|canoe|throne|mask] to {overseas}
{artist} {surname} on [grief|debt|divorce], gardening and {ordinal} {show}
Street art [trail|ban|boom] in {town}
{show} [ban|row] as {group} object to [nude|language|casting|poster]
Fashion week: [hemp|denim|lace|batik|tweed] [rules|returns] in {overseas}
Old [songs|looms|dialect|boats|puppets] find young hands in {town}
[Library|Archive] finds {surname} letters in [biscuit tin|piano|wall]
{town} drag [queen|bingo] [night|show] draws [crowd|complaint|bishop]
Wedding of year: {surname} heiress marries {worker}
{festival} director {surname} [quits|named|defends line-up]
[Crossword|Chess|Bonsai|Quilt|Scrabble] [fans|champions] meet in {town}
IN > {town} [Durga|Ganesh] pandal built of {hundred} [saris|bangles|umbrellas]
NG > Nollywood [actor|producer|star] {surname} [denies|confirms] [marriage|split|pregnancy]
IE > {town} fleadh draws {big} with {few} sessions a night
PH > {town} fiesta crowns {dish} king
JM > Dancehall [star|queen|veteran] {surname} [drops album|feuds with producer|booked for {city}]
CA > {town} [throat singers|fiddlers] headline Folk Fest
""",
    "education": """
{exam} [results|scores|pass rates] [{rise}|{fall}] in {region}
{town} [school|college|university] to [open|close|merge|ban phones in] [campus|hostel]
{town} [school|college|university] to [open|close|merge|ban phones in] [canteen|classrooms]
{school_subject} teacher {surname} [wins award|retires|suspended|goes viral]
Parents [angry|relieved|divided] over {town} school [uniform|merger|bus|toilets|zoning]
[Students|Pupils] [build|launch|race|design] [{gadget}|canoe|rocket|vegetable garden] in {town}
University [cuts|adds|reviews] {school_subject} [courses|places|degree]
School [chaplain|canteen|camp|crossing] funding [{backed}|boost|cut]
Teachers [strike|reject offer|leave {region}] over [pay|class size|marking|housing]
{exam} [cheating|paper leak|marking] {row} [grows|ends|in court]
{age}-year-old [graduates|learns to read|goes back to school] in {town}
{town} pupil wins [science fair|design award] with [robot|loom|water filter|kite]
{town} pupil wins [poetry medal|essay contest] with ode to [mother|rain|goat|bus]
Student [loans|rents|visas|debts] [{rise}|{fall}] in {region}
Principal {surname} [removed|reinstated|resigns] after [audit|parents' vote|prank]
More {school_subject}, less [homework|testing], says {expert}
School [gets|waits for|loses] [{few} classrooms|library|hall|nurse] in {region}
Boarding school [bullying|fees|hazing] {probe} in {town}
Literacy [van|app|drive] [reaches|helps] {hundred} [children|adults] in {region}
[Preschool|Kindergarten] [fees|strikes|waiting lists] worry {town} parents
Scholarship sends {town} [orphan|twins|shepherd boy] to {overseas}
{school_subject} olympiad: {few} golds for {region}
Detention for [haircut|braids|short socks] sparks {town} {row}
Spelling bee [champion|runner-up] hails from {town}
Bomb disposal robot built by {town} students
NG > ASUU [begins|suspends|extends] strike, {town} campus empty
IN > {exam} topper from {town} wants to [farm|teach|join IAS]
GB > Academy chain [takes over|loses] {few} {town} schools
US > {town} school board [bans|restores] {few} books
""",
    "transport": """
{transit} [delays|fares|timetables] [anger|worry|confuse] {town} commuters
{transit} strike [to hit|averted in|enters {ordinal} day in] {town}
{motorway} [upgrade|lane|toll|closure] [{backed}|finished|angers {group}] near {town}
New [bridge|tunnel|interchange|terminal|cycle path] [opens|delayed|costs {millions} more] in {town}
Airline [drops|adds|resumes] {town} to {overseas} flights
Flight to {overseas} turns back after [smell|bird strike|drunk passenger|cracked window|hornet]
{town} [airport|bus station] [closed|reopens|evacuated] [over|after] [abandoned bag|lost drone]
{town} station [closed|reopens|evacuated] [over|after] [abandoned bag|lost drone]
{town} [airport|bus station|station] [closed over|reopens after] [abandoned bag|lost drone]
{town} [airport|bus station|station] [closed over|reopens after] false alarm
{town} [airport|bus station|station] evacuated over [abandoned bag|lost drone|false alarm]
Speed [cameras|limits|humps] for {town} {backed}
{transit} driver [praised|sacked|filmed] after [song|text|detour|rescue of duck]
{lorry} [ban|toll|rest stop] [on|near] {motorway}
Roadworks to [close|slow] {motorway} for {few} weeks
Taxi drivers [protest|block road] over [app|airport rank|fee|permits] in {town}
Jet [makes|in] emergency landing in {town}, all safe
E-scooter [trial|ban|fines] [begins|extended] in {town}
Old [tram|steam train|paddle steamer|fire engine] [restored|returns|sold] in {town}
Train [passengers|drivers|buffs] [stranded|delayed] {few} hours by [cow|points failure|copper theft]
Crossing [lights|keeper|gates] for {town} [school|station]
Cruise ship [berth|visit|season] [boosts|skips] {town}
{petrol} tax [to fund|not spent on] {region*} roads
Bus [route|shelter|lane] [axed|restored|moved] in {town}
Parking [fines|apps|wardens] annoy {town} drivers
Bridge [weight limit|painting|lift] snarls {town} traffic
Ferry [timetable|contract|captain|jetty] [row|vote|mix-up] [annoys|amuses] {town} {group}
KE > Matatu [crews|saccos] [down tools|hike fares] in {town}
NG > FG reopens {town} [airport|expressway] after repairs
ZA > Taxi strike leaves {town} commuters on foot
PH > Jeepney phaseout: drivers in {town} [stage strike|get extension]
IN > {town} metro phase two to cost {billions}
""",
    "farming": """
{crop} [prices|exports|yields] [{rise}|{fall}] in {region}
{crop} growers [hopeful|gloomy|divided|in talks] [in|around] {region}
{farmer} [wins|loses|turns down] [landcare prize|organic label|cattle title|tractor race|lease]
{crop} [harvest|planting|picking] [begins|finishes|delayed|late] [around|near] {town}
{region*} farmers [turn to|abandon|trial] [drones|hemp|quinoa|saffron]
{region*} farmers [turn to|abandon|trial] [barefoot sheep|avocados|beekeeping]
[Bull|Ram|Stud ram|Goat|Alpaca|Buffalo|Ox] fetches {cash} at {town} [sale|fair|show]
[Milk|Wool|Cattle|Egg|Onion|Honey] prices [{rise}|{fall}] [at|in] {town} [saleyards|market|auctions]
Farmers [block|dump milk on] {town} [road|port|depot] over [prices|imports|diesel|land tax]
Farmers [picket|march on] {town} [road|port|depot] over [prices|imports|diesel|land tax]
[Good|Early|Patchy|Soaking|Welcome] rain [lifts|boosts|cheers] {region*} {crop} growers
Weed [spray|fears|research|field day] for {region*} [growers|graziers]
[Cattle|Sheep|Pig] [tag|export|transport|dip] rules [{backed}|worry {farmer}s]
{crop} [blight|rust|weevil|mite] [found|under control] on {town} [farm|estate]
{animal} [damages|raids|sleeps in] {crop} crop near {town}
Young {farmer} {surname} [takes on|leaves|blogs about] family land
Water [allocation|licence|trading|price] [up|down|capped] for {region*} irrigators
{farmer}s [urged|paid|forced] to [fence creeks|plant trees|test soil|log water use]
Fishing [quota|licence|season] row [splits|unites] {region*} skippers
{crop} pickers [wanted|underpaid|flown in from {overseas}] in {region}
Live export [ship|ban|trade] {row} [drags on|ends|in court]
[Supermarket chain|Brewer|Biscuit maker] [buys|rejects] {region*} {crop} crop
[Exporter|Bakery chain|Miller] [buys|rejects] {region*} {crop} crop
Agricultural show [crowns|loses] [giant pumpkin|prize bull|scone judge] in {town}
Pest [beetles|mice|snails|starlings] [nibble|chew] into {region*} {crop} yields
From [bank clerk|model|rugby pro] to {farmer}
{crop} board [chairman|auditor|chief] {surname} [quits|held|re-elected]
Robot [milker|weeder|shearer] on show at {town} field days
IN > Cane arrears: [growers|cutters|widows] [sit|fast] outside {town} mill
US > Farm bill [stalls|heads to floor], {crop} growers wait
""",
    "science": """
[Scientists|Researchers] [find|count|name] [rare|new|giant|tiny] {creature} [near|in] {region}
[Scientists|Researchers] [film|track] [rare|new|giant|tiny] {creature} [near|in] {region}
{creature} [steer by stars|remember faces|nap by noon], [study finds|say scientists]
{creature} [prefer jazz|feel lonely], [study finds|say scientists]
[Telescope|Probe] [spots|maps|photographs] [dark|young|dying|wobbling] [star|moon|comet|galaxy]
[Satellite|Rover] [spots|maps|photographs] [dark|young|dying|wobbling] [star|moon|comet|galaxy]
{expert} [explains|questions|models] [how cities grow|ageing|traffic jams]
{expert} [explains|questions|models] [gossip|bird song|inflation]
[Fossil|Bone|Footprint|Pollen|Amber] find [rewrites|shifts] {creature} [history|family tree]
{region*} [telescope|lab|reactor|seed bank] gets {millions}
[Ancient|Bronze age] [canoe|well|kitchen|tomb|coin hoard] [dug up|mapped] near {town}
[Roman|Pre-colonial] [canoe|well|kitchen|tomb|coin hoard] [dug up|mapped] near {town}
{gadget} made from [mushrooms|straw|old {goods}|seaweed]
Physicists [cool|slow|trap|twist] [light|atoms|sound] in {overseas} lab
[Women|Girls] in [physics|coding|maths|science]: {town} {expert} on [labs|luck|prizes]
[DNA|Gene|Isotope] test [solves|deepens] riddle of {town} [bones|king|apple|dog]
Eclipse [watchers|crowds|chasers] [gather|leave disappointed] in {town}
Old [map|herbarium|ship's log|recipe] helps {expert} [trace|date] {creature}
Astronaut {surname} [talks to|visits|returns to] {town} [pupils|school]
Citizen scientists [count|tag|listen to] {creature} in {region}
Lab-grown [meat|leather|coffee|teeth] [edges closer|fails taste test]
{expert} {surname} wins {overseas} [medal|fellowship]
Deep sea [worm|squid|sponge|vent] [glows in dark|baffles {expert}|named after {surname}]
Sleep, [salt|sugar|songs|screens] and memory: new findings
Meteorite [lands in|sold in|hits shed at] {town}
Ice core from {overseas} lab tells of warm spell {big} years ago
AI [reads|writes|misreads] [scrolls|X-rays|bird calls|love letters]
Why [cats|toddlers|crows|teenagers|parrots] [knock things over|dance|lie|hoard things]
""",
    "environment": """
{creature} [return|released|counted|back] [to|in] {region} after {years} years
[Greens|Campaigners|Locals] [fight|welcome|question] {region*} [gas|logging|quarry] {plan}
[Greens|Campaigners|Locals] [fight|welcome|question] {region*} [dam|lithium|coal] {plan}
{company} [fined|docked] {cash} for [clearing wetland|dumping in creek] near {town}
{company} [fined|docked] {cash} for [burning peat|felling figs] near {town}
{town} [beach|lake|creek|river] clean-up nets {hundred} [bottles|tyres|trolleys|bags]
{town} [beach|lake|creek|river] [fails water test|turns green], {group} [told|relieved|wary]
{town} [beach|lake|creek|river] safe again, {group} [told|relieved|wary]
Plastic [bag|straw|bottle] [ban|levy|deposit] [{backed}|starts] in {region}
National park [fees|camping|track|extension] {backed} in {region}
{animal} [spotted|found|photographed] in {town} [garden|car park|pool|supermarket]
[Count|Survey|Cull|Tagging] of {creature} [planned|begins|questioned] in {region}
Volunteers [plant|weed|pull|count] {thousand} [trees|lantana|pines|bottles] near {town}
Wind turbine [noise|blades|permit] {row} in {region}
Carbon [price|credits|target|tax] [backed|rejected|debated] in {capital}
{expert} counts [fewer|more|too many] {creature} in {region}
{town} air [quality|monitor] [improves|patchy|back online]
Solar [panel orders|rebates|farm jobs] [{rise}|{fall}] in {region}
Recycling [plant|shop|depot] [opens|shuts|expands] in {town}
Recycling [bins|rules|labels] confuse {town} {group}
Orphaned {animal} [raised|released|dies] [by {worker}|at zoo]
River [barrage|weir|fish ladder|flows] {probe} for {region}
Sea level rise [plan|report|map] [splits|shelved by] {town} {council}
Feral [camels|pigs|deer|goats|cats] [targeted|trapped] in {region}
Old [mine|tip|gasworks] near {town} to become [wetland|park]
Reef [survey|tax|tours] [gets {millions}|begins]
""",
    "foreign affairs": """
{abroad} [talks|summit|visit] [ends|begins|stalls] without [deal|handshake|communique]
{capital} [expels|recalls|summons] [envoy|ambassador|attache] over [spy|visa|fishing|trade] {row}
{leader} to meet [king|president|chancellor|sultan] in {capital}
Voters in {abroad} [back|reject] [new constitution|tax pact|term limits]
{capital} and {capital} sign [fishing|visa|tax|air|grain] [pact|treaty]
{capital} [court|parliament|coalition] [collapses over budget|ousts speaker|jails ex-leader]
Protesters [fill|leave] {capital} square over [pensions|fuel tax|vote count|judges]
UN [envoy|vote|seat|post] [goes to|eludes] {capital}
President's [son|wife|jet|palace] stirs anger in {capital}
{capital} marks [independence|coronation|jubilee] with parade
Exiled [president|general|singer|opposition chief] [lands in|returns to|barred from] {capital}
Border [post|wall|market|bridge] between {capital} and neighbour [reopens|stays shut]
{capital} [lifts|eases|tightens] sanctions on [bankers|timber|oligarchs|airlines]
Spy [swap|trial|scandal] in {capital}
{abroad} diary: [tea|taxis|trams|dogs] and diplomacy
Troops [parade|on joint exercise|march] in {capital} as [president|band|new envoy] looks on
Trade war: {capital} slaps tariff on {goods}
Embassy [staff|move|siege anniversary|cat] in {capital}
Press freedom [ranking|award|trial] in {capital}
{capital} bids for [Olympics|Expo|World Cup]
Peace prize for {capital} [lawyer|nun|teacher]
""",
    "labour": """
{workers} [strike|walk out|vote to strike|call off strike] over [rosters|pay|pensions|sackings]
{workers} return to work in {town} after {few}-day strike
{workers} union [rejects|accepts|studies] {few_digit} per cent [offer|rise]
{workers} in {region} [unpaid|owed {millions}|win back pay] for {few} months
Picket at {town} [docks|mill|bakery|depot|hospital laundry] enters {ordinal} week
{company} [locks out|rehires|sues] [drivers|clerks|cleaners|fitters|packers|engineers] in {town}
Minimum wage to rise {few_digit} per cent [despite|after] [court|union|business] challenge
Apprentice [numbers|wages|places] [{rise}|{fall}] in {region}
Jobless rate [{rises}|{falls}] to {few_digit}.{few_digit} per cent
Skills [levy|fund|visa] {backed} for {region*} [welders|chefs|carers]
Workplace [bullying|safety|asbestos] {probe} at {town} {premises}
Four-day week [trial|plan] {backed} at {town} {company}
{worker} wins unfair dismissal [case|payout] over [nap|beard|tattoo|emoji]
Scaffolder, {age}, dies in fall at {town} site
Old age no bar for {town} {worker}, {age}
""",
    "road accident": """
[Motorcyclist|Cyclist|Pedestrian], {age}, [dies|killed|critical] [in|after] {town} crash
[Driver|Passenger], {age}, [dies|killed|critical] [in|after] {town} crash
{ute} [hits|ploughs into|clips] [tree|shopfront|power pole|parked car|cow|fence] in {town}
{lorry} [overturns|jackknifes|loses load of {goods}] on {motorway}
Driver [unhurt|trapped|walks free] as {ute} rolls near {town}
{few}-car pile-up [slows|closes] {motorway}, minor injuries
[Toddler|Boy|Girl|Grandmother] hit by {ute} in {town} driveway
{town} crash victim named as {surname}, {age}
Drink driver [hits|flees] [police car|fire hydrant|roundabout] in {town}
Teen driver [dies|hurt] as {ute} leaves {town} road
{lorry} spills [oranges|beer|chickens|molasses|bees|paint] on {motorway}
Black spot [upgrade|petition|funding] after {ordinal} {town} crash
School bus [bumped|clipped] in {town}, pupils shaken
Hit-run driver [gives self up|sought] after {town} {worker} dies
Quad bike [death|crash|warning] in {region}
Man dies after {ute} collides with {animal} near {town}
Road toll [{rises}|{falls}] in {region}, police plead for care
NG > Okada rider dies after hitting [pothole|goat|parked trailer] in {town}
KE > Boda boda rider dies after hitting [pothole|cow|parked lorry] in {town}
IN > Scooter rider dies after hitting [pothole|cow|divider] in {town}
""",
    "technology": """
[Start-up|Software company|Telecoms firm] [launches|delays|recalls|pulls] {gadget}
[Carmaker|Chipmaker|{town} firm] [launches|delays|recalls|pulls] {gadget}
{gadget} [battery|privacy|price|ban] [worries|delights|puzzles] [users|{group}]
Hackers [steal|leak|sell] data of {hundreds_k} {company} customers
{town} [gets|waits for|loses] [fast broadband|mobile tower|free wifi|drone deliveries]
App [helps|lets] {group} [find parking|share tools|report potholes|trade {crop} seed]
{worker} [invents|patents|builds] {gadget} in {town} shed
Online [scam|bullying|dating|gambling] law [backed|rejected|delayed|revived|debated] by {parliament}
{gadget} start-up from {town} [raises|burns through|floats at] {millions}
Teens [quit|defend|outsmart] [social media|phone ban|age check app|study bot] in {town}
Outage hits [bank app|payroll|ticketing|mobile] users for {few} hours
Robot [waiter|barista|judge|sheepdog] [sacked|hired|tested] in {overseas}
Driverless [bus|tractor|tram|taxi] [stalls|trial] in {town}
Chatbot [writes|flunks|passes] {exam} exam
Old [phones|routers|consoles|radios] find new life in {town}
""",
    "weather": """
[Cool change|Sea breeze|Light rain|Cloud] brings relief to {town}
[Sunny|Mild|Grey|Drizzly|Fine] weekend [forecast|in store] for {region}
{town} [shivers through|wakes to] coldest morning in {few} years
[Fog|Mist|Cloud|Drizzle|Rainbow] [greets|delights|slows] {town} commuters
Wettest [week|day] in {few} years [fills|tops up] {town} dam
AU NZ CA US GB IE ZA PK > Snow lovers [flock to|cheered by] first dusting [near|above] {town}
Bureau [tips|forecasts] [dry|warm|average|damp] season for {region}
Record {heat} day no bother for {town} [ice cream seller|swimmers]
Lightning show [thrills|wows] {town} photographers
Umbrella weather [to linger|clears] in {town}
NZ US CA > Early snow opens {town} slopes
Pollen count [{rises}|{falls}] in {town}
Rain [gauge|man|record] of {town}: {surname}'s {years} years of notes
""",
    "oddity": """
{animal} [rides|stops|boards|chases] {transit} in {town}
{worker} finds [ring|dentures|love letter|python|{cash}] in [sofa|toilet|library book|bread]
{town} [man|woman], {age}, [marries|divorces|sues] [twice|tree|hologram|own twin's ex]
World's [largest|longest|oldest|ugliest] {dish} [made|served|dropped] in {town}
{animal} [elected|named] mayor of {town} village
Lost [cat|tortoise|parrot|ring] [home|found] after {years} years
{worker} grows {few_digit}-kilo [turnip|cabbage|marrow|mango] in {town}
Message in bottle from {overseas} [washes up|found] near {town}
Escaped {animal} [caught|naps|steals lunch] in {town} {premises}
{worker} [breaks|attempts] record for [hiccups|yo-yo|beard of bees|pancakes|silence]
Lottery ticket worth {millions} [unclaimed|found in bin] in {town}
Naked [gardener|cyclist|jogger] [fined|cheered] in {town}
Ghost [tours|hunters|claims] [upset|thrill] {town} {pub}
Dog [drives|swallows|rescues] [tractor|{few} socks|owner's phone] in {town}
""",
}
