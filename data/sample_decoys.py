"""Decoys of the sample: the words of disaster, in headlines that are not disaster-related.

Metaphors; memorials and inquiries long after the event; drills; insurance, policy and science
about hazards; films and books. Written as `sample_disasters.DISASTER_TEMPLATES` are.
"""

DECOY_COUNTS: dict[str, int] = {
    "metaphor": 360,
    "memorial": 100,
    "hazard policy": 110,
    "hazard science": 60,
    "hazard fiction": 70,
    "drill": 70,
}

DECOY_TEMPLATES: dict[str, str] = {
    "metaphor": """
{town} {nick} end {years}-year [title|trophy|premiership] drought
{surname} ends [goal|run|try|medal|title] drought with [{overseas} win|hat-trick]
{surname} ends [goal|run|try|medal|title] drought with [century|late strike]
[Goal|Wicket|Try] famine [continues|over] for {nick}
Flood of [investment|calls|tourists|complaints|entries|goals] [hits|surprises|buoys] {town}
{company} flooded with [orders for {goods}|complaints|job seekers]
Political earthquake in {region} as {party} [lose heartland|topple rivals]
{leader}'s exit sends [shock waves|tremors|aftershocks] through {party}
Storm of [criticism|protest|outrage] [over|greets|engulfs] {leader}'s [pay rise|remarks]
Storm of [criticism|protest|outrage] [over|greets|engulfs] {leader}'s [photo|holiday]
{leader} weathers storm over [emails|expenses|adviser|dinner]
Avalanche of [applications|paperwork|entries|letters|bids] for {town} {project}
Tsunami of [debt|data|paperwork|regulation|cheap {goods}] [looms|feared|threatens {sector} firms]
[Market|Crypto|Batting|Bond] meltdown [wipes out savings|stuns investors|leaves {nick} reeling]
Fire sale: {company} [offloads|dumps] {goods}
Landslide for {party} [buries|sweeps away] rivals in {region}
Landslide [win|victory] for {surname} in {town} poll
Eruption of joy [as|when] {nick} [lift|win|clinch] {league} crown
{surname} [erupts|explodes] [at|over] [umpire|reporters|late call|team-mate]
Rumours spread like wildfire at {town} [school|mill|saleyards]
Wildfire growth for {town} [cafe chain|podcast|{gadget} maker]
Epidemic of [loneliness|gambling|knife crime|cheating|burnout|cable theft] [in|worries] {region}
{expert} warns of obesity epidemic in {region}
{town} {nick} rescued by [late goal|rain|captain's knock|penalty]
Perfect storm [hits|of costs hits|for] {sector} firms in {region}
Whirlwind [tour|romance|week] for {town} {artist} {surname}
Whirlwind {surname} [blows away|flattens] {overseas} field
Deluge of [goals|entries|tributes|emails|coupons] [swamps|delights] {town} [club|{council}|editor]
{council} drowning in [paperwork|debt|red tape|mattresses]
{surname} blitz [buries|sinks|stuns] {town}
Hurricane {surname} [knocks out|storms past] {surname} in {few} rounds
Typhoon of a serve takes {surname} to {overseas} final
{town} {nick} in {few}-goal demolition of {town}
Carnage on {overseas} [stock exchange|bond market] as {sector} shares dive
Bombshell [report|resignation|letter|email] [rocks|shakes] {health_body}
Fallout from {surname} [affair|tape|memo] [spreads|reaches {capital}|costs {few} jobs]
War of words erupts [over {project}|between mayors|between chefs|between coaches] in {town}
Turf war between {nick} and {league} [boils over|ends]
Price war [erupts|rages] between {town} [bakers|pharmacies|airlines]
{sector} [quake|shake-up] as {company} swallows rival
{company} in survival mode as [sales|orders] dry up
Dry spell over as {town} [market|{festival}|band] sells out
{party} in crisis talks to avert [collapse of pact|split|mutiny]
Talks collapse between {workers} and [bosses|employers|ministers|mediators]
Tidal wave of [support|grief for singer|nostalgia|litter] [in|sweeps] {town}
{show} blast: {artist} {surname} lights up {town}
{town} {artist} on fire with {ordinal} hit {show}
{nick} on fire as {town} [burned|torched] again
Hot streak: {surname} burns [opposition|field] in {overseas}
Explosion [of colour|in house prices|in e-scooter numbers] [in|around] {town}
Explosion [of street food|in gym numbers] [in|around] {town}
Ticking time bomb in [pensions|teeth|bridges|student debt], says {expert}
{leader} digs in as revolt [spreads|simmers]
Casualty list grows as {nick} lose {ordinal} [prop|defender|captain]
{nick} toll mounts as {surname} joins injured list
Survivors return for {ordinal} series of hit {show}
Evacuate the dance floor: {town} [club|disco] calls time
Trail of destruction as [toddlers|{animal}|stag party] [loose|let loose] in {town} {premises}
{dish} shortage sparks [panic|stampede] at {town} {festival}
Stampede for [tickets|{goods}|bargains|stamps] as {company} [opens|cuts prices]
Swarm of [fans|reporters|drones|selfie takers] descends on {town}
{group} plagued by [calls|smells|potholes|selfie sticks] in {town}
Rents through roof, [students|young families] fear [worst|wipe-out] in {town}
Housing crisis: {group} [camp out|queue] for {few} {town} flats
Relief for {group} as {town} {project} [saved|opens]
Tax relief [for|lifeline for] {sector} firms {backed}
{sector} sector on life support, says {surname}
{leader} throws [lifeline|lifebelt] to sinking {sector} firms
Titanic struggle as {town} [outlast|sink] {town} in extra time
{surname} sinks {town} with last-gasp [putt|free kick|penalty]
[Brain drain|Exodus] of {workers} from {region} worries {expert}
Seismic shift in [tea drinking|viewing|voting|shopping] as {region} [ages|goes online]
Ripple effect: how {company} closure [hurts|hits] {town}
{surname} volcanic as {nick} [crash|bow out]
Heat on {leader} as {probe} nears end
Cold snap in {town} housing market [deepens|ends]
Pay freeze thaws for {workers}
Lightning strikes twice for {town} lottery [winner|couple]
Thunder from {surname} bat drowns {town}
Ground zero for {dish} lovers: a {town} back street
Emergency services no more: {town} band splits
Doctor at eye of storm over {remedy} [speaks|quits]
Quake in your boots: {show} of horrors opens in {town}
Baby boom sweeps {town} [hospital|zoo|fire station]
Budget black hole swallows {billions}
{surname} out of the ashes: {worker} rebuilds [bakery|career]
{nick} staring into abyss after {ordinal} straight loss
Doomed {project} [scrapped|finally buried] by {council}
Sea of [flags|flowers|umbrellas|red] greets {nick} in {town}
Chaos theory: what {league} can learn from {nick} collapse
Civil war in ranks of {party} over {surname}
{surname} drops bomb on rivals with record {town} time
Nuclear option: {leader} threatens [early poll|to sack board]
Toxic leak [hurts|embarrasses] {leader}: emails on {project} published
Data spill at {company} exposes {hundreds_k} customers
{company} share slide buries small investors
Fault lines in {party} over {surname}
{artist} {surname} storms charts with {show}
Gold rush fever grips {town} after nugget find
Fan fever sweeps {town} as {artist} {surname} lands
{transit} crush as {nick} fans head home happy
""",
    "memorial": """
{town} [remembers|honours] [flood|fire|cyclone|mine|ferry] victims {years} years on
{town} lights candles for [flood|fire|cyclone|mine|ferry] victims {years} years on
Memorial to [{overseas} earthquake|{town} mine disaster|lost trawler crew] unveiled in {town}
{years} years after [tsunami|cyclone|bushfire|landslide], {overseas} [survivor|teacher] tells story
[Wreath|Service|Silence|Bells] for those lost in {town} [air|rail|pit|flood] disaster of long ago
[Black Saturday|Ash Wednesday|Aberfan|Katrina] [anniversary|memorial] [marked|draws {hundred}]
[Bhopal|Ormoc|Tangiwai] [anniversary|memorial] [marked|draws {hundred}]
{surname}, last survivor of {town} [air crash|pit blast|rail smash], dies at {old_age}
Plaque recalls [night of great flood|hurricane|great fire] at {town} [church|library|school]
Inquiry into [old|decade-old] {overseas} [ferry|dam|stadium] disaster [reopens|blames builder|ends]
Veterans [gather|march|weep] in {town} to recall [siege|bombing|convoy]
[Film|Song|Garden|Quilt] keeps memory of {town} flood alive
Court clears {surname} over [ferry|dam|nightclub] deaths {years} years ago
Royals lay wreath at {overseas} disaster memorial
Grandson retraces [famine|refugee|earthquake relief] journey of [grandfather|grandmother]
Grandson retraces [famine|refugee|earthquake relief] journey of [great-aunt|ancestor]
Heroes of {town} [flood|blaze|river rescue] get medals after {years} years
{town} museum opens [earthquake|flood|great fire] gallery for anniversary
Family of [firefighter|pilot|lifeboatman] lost {years} years ago [visits|thanks] {town}
Old photos show {town} under water in [grandfather's day|last century]
Refugee who fled {conflict_place} {years} years ago [opens {town} cafe|becomes {worker}|graduates]
""",
    "hazard policy": """
Insurers [lift|review|refuse] [flood|storm|bushfire|quake] cover in {region}
[Flood|Fire|Cyclone|Quake] [levy|insurance|mapping|code] {backed} in {region}
{council} [adopts|delays|argues over] [flood|fire|noise] map for {town}
{leader} [promises|cuts] {millions} for [firefighting planes|levee works]
{leader} [promises|cuts] {millions} for [storm shelters|siren network]
Report calls for better [dam|levee|bushfire|epidemic|cyclone] [rules|planning|funding]
[Volunteer|Country] fire brigades in {region} [seek|want|get] [recruits|tax break|new truck|radios]
Builders [oppose|accept] new [quake|cyclone|fire] code
[Hazard|Disaster] [agency|fund|minister] [merger|audit|vacancy] {backed}
{expert} says {region} not ready for [next pandemic|big quake|megafire|hotter summers]
Audit finds {millions} of [cyclone|flood|drought] aid [misspent|unspent]
Drought policy [overhaul|review|forum] {backed} in {parliament}
Levee [contract|bonds|vote|design] [backed|rejected|delayed|revived|debated] by {town} {council}
Premiums {rise} in {town} as insurers redraw [flood|fire] zones
Burn-off [rules|season|permits] [change|start|{backed}] in {region}
{leader} {surname} gets [emergency management|disaster resilience|fire services] job
Refugee [policy|quota|visa] [backed|rejected|delayed|revived|debated] by {parliament}
Fire [permits|hydrants|alarms|escapes] [checked|lacking|required] in {town} flats
{council} bans building on [flood plain|cliff edge|fire ridge]
Ex-fire chief {surname} [joins insurer|runs for {mayor}|writes manual]
Old asbestos, poor exits: audit of {town} halls
""",
    "hazard science": """
[Scientists|Researchers] [model|map|study] [old quakes|ancient floods] near {region}
[Scientists|Researchers] [model|map|study] [{volcano} lava|past droughts] near {region}
New [sensor|satellite|app] to [predict|detect|track] [quakes|cyclones|wildfires|locusts]
{expert} finds [clue|pattern] to [quakes|tornadoes|tsunamis|fire weather] in {overseas}
Study links [warming|deforestation|city growth] to [fiercer storms|longer droughts|more landslides]
What [tree rings|corals] tell of [medieval drought|great eruption|lost flood]
What [mud layers|monks' diaries] tell of [medieval drought|great eruption|lost flood]
Volcano [camera|drone|museum] [delights|helps] {expert}s
How [ants|elephants|toads] sense [earthquakes|storms|fire], and why
Plague [genome|pit|bacteria] study [rewrites|dates] Black Death
Vaccine trial for [Ebola|dengue|malaria|cholera] [begins|succeeds|stalls] in {overseas}
Cyclone names [retired|run out|explained]
Dinosaur [asteroid|extinction] [crater|layer] found [near|under] {region}
Students [test|shake] bamboo house on quake table in {town}
""",
    "hazard fiction": """
[Disaster|Zombie|Volcano|Tornado|Pandemic] [film|series] [tops|flops at] {overseas} box office
{artist} {surname}'s [flood|plague] [novel|opera|play] [wins medal|opens in {town}]
{artist} {surname}'s [earthquake|famine] [novel|opera|play] [wins medal|opens in {town}]
{artist} {surname}'s [flood|plague|earthquake|famine] [novel|opera|play] divides critics
{artist} {surname}'s [earthquake|famine] [novel|opera|play] [wins award|opens in {town}]
[Documentary|Podcast|Play] on [Titanic|Spanish flu] [airs|opens|wins prize]
[Documentary|Podcast|Play] on [{overseas} siege|Krakatoa] [airs|opens|wins prize]
Extras wanted in {town} for [bushfire|shipwreck|plane crash|earthquake] [film|drama]
Review: [tsunami|avalanche|hurricane|outbreak] [thriller|drama] [all splash|loses steam|grips]
Pompeii [show|exhibition|musical] [erupts|opens|sells out] in {overseas}
Explosion on set [delights|deafens] {town} film extras, as planned
Video game lets players [flood cities|outrun lava|cure plague]
{artist} turns [flood|fire|war] memories into {show}
The Flood, The Storm, The Reckoning: {surname} trilogy [complete|filmed in {region}]
Comic book [doctor|firefighter] saves {town} from [meteor|tidal wave]
Classic [ghost ship|airship|siege] tale [retold|staged] in {town} park
{town} theatre stages The Tempest in [rain|car park|prison]
War [epic|diary|romance] by {town} {worker} [published|filmed]
""",
    "drill": """
[Mock|Staged|Simulated] [plane crash|bus crash] tests {town} [crews|hospital|airport]
[Mock|Staged|Simulated] [earthquake|chemical spill] tests {town} [crews|hospital|airport]
{town} [pupils|office staff|hospital] [duck under desks|file out] in [quake|tsunami|fire] drill
Sirens you hear in {town} on {day} [are only a test|no cause for alarm]
{responder} [practise|rehearse] [cliff|swift water|rooftop|crowd] rescue [at|near] {town}
'Casualties' in fake blood help {town} medics train
[Navy|Air force|Army] [exercise|war game] off {region} ends
Alert sent to phones in {region} [was a test|by mistake]
AU IN > Cyclone drill [closes|empties] {town} [school|mall] for {few} hours
PH > Typhoon drill [closes|empties] {town} [school|mall] for {few} hours
JM US > Hurricane drill [closes|empties] {town} [school|mall] for {few} hours
Firefighters burn [condemned house|old caravans] in {town} training
Exercise [Rising Tide|Iron Bark|Calm Sea]: {few} agencies test [flood|oil spill|outbreak] plans
Volunteers play dead as {town} rehearses for [worst|train wreck|dam break]
Evacuation drill at {town} {premises} [takes {few} minutes|ends in laughter]
Rescue dogs [show off|train] for [quake|avalanche] work in {town} quarry
""",
}
