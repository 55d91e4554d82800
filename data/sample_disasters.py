"""What the sample calls disaster-related: its kinds, how many of each, and their headlines.

One headline template a line. `{slot}` takes a word, `[a|b]` one of its parts, and `AU NZ > ` at
the front keeps a template to those newsrooms. The counts fall steeply on purpose: a few kinds are
common and most are rare, as in the news. A headline belongs here if its event calls, or may call,
for disaster-response professionals; relief and recovery tied to such an event belong here too.
"""

DISASTER_COUNTS: dict[str, int] = {
    "flood": 106,
    "wildfire": 78,
    "cyclone": 58,
    "earthquake": 46,
    "conflict": 38,
    "epidemic": 32,
    "drought": 26,
    "building fire": 18,
    "landslide": 16,
    "displacement": 15,
    "tornado": 12,
    "industrial explosion": 12,
    "famine": 10,
    "ferry disaster": 9,
    "train crash": 8,
    "plane crash": 8,
    "heat wave": 8,
    "volcano": 7,
    "bus disaster": 6,
    "blizzard": 6,
    "building collapse": 6,
    "oil spill": 4,
    "chemical leak": 4,
    "mine collapse": 4,
    "avalanche": 3,
    "tsunami": 3,
    "dam failure": 3,
    "stampede": 3,
    "grid collapse": 2,
    "locust plague": 2,
    "sinkhole": 2,
}

DISASTER_TEMPLATES: dict[str, str] = {
    "flood": """
{town} residents told to [move to|seek] higher ground as river keeps rising
[Flash flooding|Flash floods] [cuts off|cut off|isolated] {few} villages near {town}
Overnight deluge [cuts off|cut off|isolated] {few} villages near {town}
River peaks just [above|below|short of] {town} levee
Sandbags [run short|handed out|stacked to the eaves] as {town} [waits for|braces for] second crest
{few} feared drowned [as|after] floods sweep {flood_place}
Helicopters pluck [families|farmers|schoolchildren|nuns] from rooftops in {flood_place}
{thousand} homes under water [in|across] {region}
Flood-hit [families|shopkeepers|growers|tenants] begin clean-up in {town}
[Army|Navy] sent to {region} as waters rise
Dam [release|spill] forces overnight evacuation of low-lying {town}
[Monsoon|Unending] rain leaves {dozens} dead in {flood_place}
Thousands spend {ordinal} night in [sports halls|school gyms|church halls|tents] as water stays high
[Families|Pensioners|Caravan park residents] wait on roofs for boats in {town}
{town} cut off for {ordinal} day, running low on [bread|fuel|drinking water|baby formula]
Road to {town} gone, [supplies arrive by boat|food dropped by air|ferry carries the sick]
Creek bursts banks, [cars|caravans|cattle] swept into [bay|gorge|lake]
Appeal for {flood_place*} flood victims [passes|tops|nears] {millions}
Death toll in {flood_place*} floods [climbs to|passes|reaches] {hundred}
[Mud, mould and silence|Sodden carpets and silence]: {town} counts the cost
{town} hospital moves patients upstairs as [basement|ward] fills with water
'[Worst in living memory|Nothing left]': {town} wades through ruined [streets|homes]
Boats replace buses on main street of {town}
Evacuation centre opens at {town} [showgrounds|town hall|high school|racecourse]
Levee [breach|break] swamps {few} suburbs of {town}
Rice fields still submerged in {flood_place}, [hunger feared|seed lost]
[Boil water|Do not drink the water] notice for {town} after treatment plant inundated
[Fodder|Hay] dropped to stranded [cattle|sheep|livestock] in {region}
{responder} [rescue|reach|evacuate] {hundred} from swollen river near {town}
[Grants|Emergency grants|Cheap loans] for flooded [businesses|farms] in {region}
{leader} tours [inundated|waterlogged] districts, promises [tents|relief|compensation]
Only the [church spire|minaret|water tower] shows: [hamlet|valley] near {town} goes under
[Couple|Twins|{few} siblings] cling to tree {few} hours as water carries house away
Record rainfall [overwhelms|overtops] drains, {town} [subway|underpasses|cellars] fill
Snakes and [sewage|diesel] hamper {town} clean-up as water drops
Bridge washed away, {few} missing at {town}
AU > SES answers {hundred} calls for help in {town} deluge
AU > Flood warning for [upper|lower] [Murray|Darling|Macquarie|Burdekin|Hunter|Namoi] upgraded
AU > Isolated stations wait for fodder drop as [Diamantina|Cooper|Paroo] spreads
GB IE > [Homes|Streets|Care home] evacuated as river [tops|breaches] defences in {town}
GB > Severe flood warnings on [Severn|Ouse|Derwent|Calder|Wye] as [snow melts|rain returns]
IN > Brahmaputra above danger mark, {dozens} villages marooned
IN > Lakhs homeless as [Kosi|Godavari|Krishna|Ghaghara] breaches embankment
IN PK > Waist-deep water in {town} wards, [boats out|schools shut|power cut as precaution]
PK > [Katcha|Riverine] areas vacated as flood wave nears {town} barrage
PH > Thousands flee as [Marikina|Cagayan|Agno] River swells
PH > {town} under state of calamity after [nonstop rain|habagat floods]
NG > Benue flood sacks {dozens} communities, thousands in camps
NG > [NEMA|SEMA] moves {thousand} to high ground as [Lagdo|Kainji] water arrives
KE > Tana bursts banks, {thousand} families camp on [dykes|roadside]
US > Governor [declares|extends] emergency as [creeks|bayous|rivers] spill over
US > {town} neighborhoods emptied as [spillway|floodwall] strains
CA > [Soldiers|Volunteers] fill sandbags as ice jam backs up water in {town}
ZA > {few} bodies found downstream as {region*} flood toll rises
JM > Gully overflows, families [marooned|relocated] in {town}
NZ > Cordon round {town} stopbank, [whole suburb|{hundred} homes] emptied
""",
    "wildfire": """
AU US CA ZA NZ > {wildfire} [bears down on|threatens|closes in on] {town}
AU US CA ZA NZ > Crews [battle|fight|lose ground to] {few} {wildfire}s near {town}
AU US CA ZA NZ > {dozens} homes [lost|razed|destroyed] as {wildfire} [jumps|crosses] {motorway}
Residents return to ash in {fire_place}
[Water bombers|Air tankers] grounded by smoke as {fire_place} burns
Tourists [flee|ferried from] beaches as flames reach {fire_place*} resorts
AU US CA ZA NZ > Blaze [jumps|leaps] containment lines, {town} told to [leave|go now]
AU US CA ZA NZ > Too late to leave, {town} residents warned
AU US CA ZA NZ > Horses and [llamas|alpacas|goats] trucked out ahead of fire front near {town}
AU US CA ZA NZ > Wind change [worries|tests|saves] crews holding line outside {town}
AU US CA ZA NZ > [Embers|Sparks] rain on {town} as ridge burns
[Haze|Smoke] from burning {fire_place*} sends hundreds to hospital
Third [crew|firefighter] dead as {fire_place*} fires burn on
AU US CA ZA NZ > {big} hectares blackened, no rain in sight in {region}
AU US CA ZA NZ > Lightning sparks {dozens} new fires across {region}
AU US CA ZA NZ > Burnt-out families [get|await|queue for] [caravans|vouchers] in {region}
AU US CA ZA NZ > Burnt-out families [get|await|queue for] temporary homes in {region}
[Foreign|Overseas] crews fly in to help {fire_place} fight flames
AU US CA ZA NZ > [Campers|Hikers|Wedding guests] trapped as flames cut road near {town}
AU US CA ZA NZ > [Nursing home|Prison|Hospital|Zoo] cleared as fire nears {town} outskirts
AU US CA ZA NZ > Red sky at noon as [plantation|forest|peatland] burns near {town}
AU US CA ZA NZ > Hills above {town} still glowing after {ordinal} night
State of emergency declared as fires [merge|spread] in {fire_place}
Smouldering peat keeps {few} villages under evacuation
Fire front {few_digit}km wide races [through scrub|across plateau|towards reservoir]
AU US CA ZA NZ > Only chimneys stand in {town} street
AU US CA ZA NZ > Relief fund for {region*} fire victims reaches {millions}
AU > Total fire ban, catastrophic rating for {region}
AU > CFA [strike team|tankers] sent to out of control blaze at {town}
AU > Watch and act issued for {town} bushfire
AU > Emergency warning downgraded as [southerly|cool change] slows {town} bushfire
AU > Bushfire [recovery|relief] centre opens in {town}
AU > {region*} graziers [shoot|bury] stock after bushfire
AU > Backburning [under way|to go all night] to save {town}
US CA > Red flag conditions, thousands ordered out of [Redding|Boise|Kelowna] foothills
US CA > Red flag conditions, thousands ordered out of [Flagstaff|Vernon] foothills
US > Hotshots [dig in|pull back] as blaze doubles to {big} acres
US > Zero containment on [canyon|ridge|grassland] fire near {town}
US > Cal Fire adds crews as [Creek|Mesa|Ranch] blaze takes {dozens} structures
CA > Evacuation [order|alert] for {town} as wildfire smoke thickens
CA > First Nation flown out as [flames|smoke] near [airstrip|band office]
ZA > Southeaster fans mountain fire, [thatched homes|vineyards] gone
ZA > Veld fires [kill|leave] {few} [farmworkers|dead] near {town}
GB IE > Army helicopter drops water on burning moor above {town}
NZ > Helicopters with monsoon buckets work to save homes near {town}
IN > Air force drops water as [pine forest|hills] burn in Uttarakhand
""",
    "cyclone": """
Cyclone [Nalda|Imre|Petrus|Josina] [flattens|lashes|strips roofs in] {cyclone_place}
Cyclone [Orwen|Batsi|Talei] [flattens|lashes|strips roofs in] {cyclone_place}
Hurricane [Delmira|Osbert|Quenna|Ivo|Tamsin] [strengthens|nears|aims for] {cyclone_place}
[Boards go up|Ports close|Flights stop] as storm nears {cyclone_place}
{thousand} huddle in shelters as eye passes over {cyclone_place}
[Roofs|Palm trees|Power poles] gone, no word from outer islands of {cyclone_place}
Aid ship [reaches|leaves for] cyclone-torn {cyclone_place}
[Tarpaulins|Water tablets|Generators] flown to {cyclone_place} after storm
{cyclone_place} wakes to wreckage after {few} hours of howling wind
Storm toll in {cyclone_place} [rises to|put at|passes] {dozens}
Fishermen [missing|unaccounted for] after storm off {cyclone_place}
Navy divers [search|called in] after boats lost in {cyclone_place*} storm surge
'[Catastrophic|Extremely dangerous]' storm makes landfall in {cyclone_place}
School roofs first: {cyclone_place} rebuilds after cyclone
[Schools|Chapels] become shelters as {cyclone_place} waits for worst
AU > Cyclone watch [declared|extended] from [Cooktown|Broome|Onslow] to [Mackay|Karratha|Exmouth]
AU > Category [three|four|five] cyclone [crosses|heads for] coast near [Cairns|Mackay]
AU > Category [three|four|five] cyclone [crosses|heads for] coast near [Broome|Townsville]
AU > Category [three|four|five] cyclone [crosses|heads for] coast near [Karratha|Port Hedland]
AU > Category [three|four|five] cyclone [crosses|heads for] coast near Bundaberg
AU > [Cairns|Mackay|Broome|Townsville] on red alert as cyclone [intensifies|tracks south]
AU > [Karratha|Port Hedland|Bundaberg] on red alert as cyclone [intensifies|tracks south]
AU > Banana growers flattened by cyclone [ask for|await] aid
US > [Galveston|Mobile|Biloxi|Lake Charles|Pensacola] [boards up|empties] as hurricane swings north
US > [FEMA trailers|Blue roofs|Ice and water] reach storm-battered {region}
US > Gulf storm [knocks out power to|darkens] {hundreds_k} homes
US JM > Hurricane [watch|warning] [issued|posted] for [south coast|all parishes|barrier islands]
JM > ODPEM [opens|stocks] shelters as storm [strengthens|slows] south of island
JM > Zinc roofs litter {town} after hurricane brushes past
PH > Signal No. [3|4] up in {region} as [super typhoon|typhoon] nears
PH > Typhoon [Dindo|Ligaya|Pining] leaves {region} without [power|signal|roofs]
PH > Storm surge fear empties coastal barangays in {region}
PH > Relief packs [stuck|delayed] as typhoon-hit {region*} roads stay shut
PH > {thousand} stranded in ports as typhoon [slows|turns]
IN > Fishermen called back as deep depression becomes cyclone off Odisha
IN > {town} trains halted, coast emptied before cyclone landfall
IN PK > Cyclone [weakens|veers], but {hundreds_k} stay in shelters
GB IE > Red wind warning, [do not travel order|army on standby] as storm [batters|nears] {region}
IE > {big} without power as ex-hurricane tears through {region}
NZ > Ex-tropical cyclone cuts {town} off, [lifelines down|phones out]
CA > Post-tropical storm rips wharves from {region*} coast
""",
    "earthquake": """
[Strong|Shallow] earthquake [shakes|jolts|rattles] {quake_place}
[Powerful|Magnitude {few_digit}.{few_digit}] earthquake [shakes|jolts|rattles] {quake_place}
Quake toll in {quake_place} [passes|climbs to|nears] {thousand}
{age}-year-old [woman|man] pulled alive from {quake_place*} rubble on day {few}
Hope fades for [those|hundreds] under rubble in {quake_place}
Villagers dig with bare hands after {quake_place*} tremor
[Sniffer dogs|Search teams|Field hospitals] fly to quake-hit {quake_place}
{thousand} sleep outdoors in {quake_place} for fear of aftershocks
Strong aftershock [sends people running|brings down walls] in {quake_place}
[Tents|Blankets|Body bags] run short in quake-hit {quake_place}
NZ US PH IN PK JM > Magnitude [5|6|7].{few_digit} tremor felt from {town} to {town}
[Minarets|Bell towers|School walls] fall as ground shakes in {quake_place}
[Newborn|Toddler|Grandmother] found alive beneath {quake_place*} ruins
{quake_place*} survivors face winter in tents
Cranes arrive too late for {quake_place*} families
Silence called every hour as rescuers listen for voices in {quake_place}
Donors pledge {billions} to rebuild {quake_place} after quake
Medics operate in car park after hospital cracks in {quake_place}
NZ US PH IN PK JM > Engineers check {hundred} buildings after jolt near {town}
NZ > {town} CBD cordoned off after [magnitude six|violent] shake
NZ > Red-stickered {town} families [wait|move out] after quake
US > Quake knocks homes off foundations near [Bakersfield|Reno|Ridgecrest|Eureka|Napa]
PH > Magnitude [6|7].{few_digit} quake cracks churches, roads in {region}
PK IN > Mud houses flattened as quake hits {region}, rescuers on foot
JM > Tremors send {town} residents into streets, [hospital|school] cracked
""",
    "conflict": """
Shelling drives {thousand} from homes in {conflict_place}
Air strike hits [market|hospital|wedding|bread queue] in {conflict_place}
{dozens} killed as [rebels|militia|gunmen] [storm|overrun|shell] {conflict_place*} town
Families flee on foot as fighting nears {conflict_place} [city|crossing]
Aid convoy [turned back|reaches|waits] outside besieged {conflict_place*} town
[Surgeons|Doctors] operate by phone light in {conflict_place}
Ceasefire holds long enough to bring out {conflict_place*} wounded
{conflict_place} [villages|hamlets] burned, thousands hide in bush
Barrel bombs fall on {conflict_place} [camp|clinic|suburb]
Cellars fill again as rockets hit {conflict_place}
Mass graves feared as [army|militia] takes {conflict_place*} town
Car bomb kills {dozens} in {conflict_place}
[Red Cross|UN] seeks safe passage for civilians in {conflict_place}
Drones strike {conflict_place} [power plant|grain port|water works], city dark
Buses carry last civilians from {conflict_place*} front line
Children among {dozens} dead in {conflict_place*} raid
Clashes in {conflict_place} leave [bakeries|wards|streets] empty, {thousand} displaced
Medical charity pulls staff from {conflict_place} after attack
NG > {dozens} dead as gunmen [raid|attack] {region*} villages
NG > Residents desert {few} communities after herder-farmer clashes in {region}
NG > Bomb blast at {town} motor park kills {dozens}
PH > {thousand} flee as troops, rebels clash in [Lanao|Maguindanao|Basilan]
PK > Blast at {town} [shrine|market] leaves {dozens} dead, hospitals call for blood
KE > Villagers flee bandit raids in [Baringo|Kerio Valley|Turkana], schools shut
IN > Border villages emptied as shells land in [Poonch|Uri|Rajouri]
IN > {thousand} in relief camps after ethnic clashes in [Manipur|Kokrajhar]
""",
    "epidemic": """
[Cholera|Ebola|Measles|Yellow fever|Plague] outbreak [kills|claims] {dozens} in {epidemic_place}
[Ebola|Lassa fever|Marburg] [spreads to|confirmed in|reaches] {epidemic_place} [capital|border town]
Nurses in short supply as [cholera|measles|diphtheria] sweeps {epidemic_place}
{epidemic_place} [shuts markets|bans handshakes|closes schools] to stop virus
[Health workers|Burial teams] attacked in {epidemic_place} as fever spreads
Vaccines flown to {epidemic_place} as [meningitis|polio|measles] cases mount
Beds full, patients [treated in corridors|turned away] as virus surges in {town}
Field hospital goes up at {town} [stadium|exhibition centre|airport] as cases climb
[Coffins|Oxygen|Gowns] run short as wave of infections hits {region}
Quarantine [ordered|extended] as [bird flu|SARS-like illness] found in people in {epidemic_place}
Quarantine [ordered|extended] as plague found in people in {epidemic_place}
{region} records {hundred} new coronavirus cases, {few} deaths
Lockdown [begins|extended] as {town} virus cluster grows
Gravediggers work nights in {epidemic_place}
Wells [chlorinated|sealed] as {few} children die of cholera in {epidemic_place}
WHO declares emergency over [mosquito-borne|haemorrhagic] [virus|fever] in {epidemic_place}
Cruise ship with {hundred} sick [refused port at|drifts off|told to leave] {cyclone_place}
Mystery illness [empties|isolates] villages in {epidemic_place}
NG > Lassa fever: {few} [doctors|nurses] among dead in {town}
IN > [Dengue|Japanese encephalitis|Nipah|Chikungunya] toll rises, extra wards at {town} hospital
IN PK > Oxygen trains sent to {town} as second wave fills wards
PH > Dengue outbreak declared in {region}, {hundred} dead
PK > Polio teams rush to {town} after {few} cases
KE > Cholera spreads in [Dadaab|Kakuma|{town}], {few} dead
GB IE AU CA US NZ > Intensive care full as {town} wave peaks
JM > Dengue fogging doubled as {town} children's wards overflow
""",
    "drought": """
AU IN PK KE NG ZA US PH JM > [Wells|Boreholes|Taps|Stock dams] run dry across {region}
Drought declared in {few} [districts|counties|shires] [of|in] {region}
AU ZA KE US NZ > {farmer} [shoots|sells last of] starving [sheep|cattle] as drought bites
Drought-stricken farmers in {region} [get|await|denied] emergency [hay|loans|water]
AU KE ZA IN PK NG > Cattle carcasses line road as rains fail in {region}
ZA IN AU US PK > Day zero nears for {town} as reservoir drops to {percent} per cent
Water trucked to {town} as river stops flowing
KE NG PK ZA > {ordinal} failed [rains|monsoon|season] leaves {region*} herders with nothing
Drought aid package of {millions} for {region}
Hay convoy [rolls into|reaches] parched {region}
[Women|Children] walk {km}km for water as pans dry up in {hunger_place}
AU > Farmers ask for drought relief to be extended past {town}
AU > Exceptional circumstances aid [approved|sought] for {region*} farmers
AU > Graziers cut mulga to feed stock in {ordinal} year without rain
US > Drought disaster declared in {dozens} {region*} counties
US > Ranchers sell herds as drought tightens grip on {region}
IN > Water trains [sent|return] to parched [Latur|Marathwada|Bundelkhand]
IN > {thousand} villages declared drought-hit in {region}
ZA > Drought disaster status for {region} as dams hit {percent}%
KE > {region} on drought alert, {hundreds_k} need food and water
PH > El Niño dry spell leaves {thousand} {region*} farmers asking for rice aid
""",
    "building fire": """
[Dormitory|Nightclub|Nursing home|Hotel] fire kills {dozens} in {overseas}
Tower block blaze in {overseas} leaves {dozens} dead, many missing
Inferno at [Dhaka|Karachi|Cairo|Hanoi|Delhi|Addis Ababa] garment factory, exits were locked
{dozens} die as flames trap workers on [ninth|fourth|top] floor in {overseas}
Families wait outside smouldering {overseas} high-rise for news
IN PK NG KE ZA PH > Market inferno in {town} leaves {hundred} traders with nothing, {few} dead
IN PK NG KE ZA PH JM > {hundred} homeless after [shanty|terrace|hostel|slum] blaze in {town}
Hospital ward fire in {overseas} kills {dozens} patients
Bystanders catch children thrown from burning {town} flats
Survivors of {town} flats blaze put up in [church|leisure centre|school]
Karaoke bar blaze in {overseas}: bodies found behind locked door
ZA > {hundred} shacks burn, {few} die in {town} informal settlement
PH > {hundred} families lose homes as fire sweeps {town} [slum|riverside]
NG > Tanker fire razes {dozens} shops, many burnt in {town}
IN > Coaching centre fire in {town} kills {dozens}, students leapt from windows
""",
    "landslide": """
[Hillside|Slope|Mountain] gives way above {slide_place*} village, {dozens} buried
Villagers dig with bare hands after [hillside|slag heap|terrace] gives way
Mudslide [swallows|buries] {few} homes in {slide_place}
Search called off for {dozens} missing in {slide_place*} mudslide
Landslip [blocks|cuts] only road to {town}, {hundred} stranded
Boulders the size of buses bury [chapel|bus stop|school] in {slide_place}
Soldiers carry injured down valley after {slide_place*} slide
Cracks in hill force {dozens} families out of {town}
Debris flow fear keeps {slide_place*} [valley|canyon] empty
{few} pulled from mud as rain-soaked bank collapses near {town}
Rain stops search for family under mud in {slide_place}
Slide buries {few} quarry workers at {town}
""",
    "displacement": """
Boats carrying {hundred} people from {conflict_place} wait off {overseas}
{big} cross river in {few} days to escape {conflict_place}
Camp built for {thousand} now holds {big} near {conflict_place*} border
Blankets and soup for hundreds stuck at frozen border crossing
Refugees from {conflict_place} [sleep in|fill] [schools|railway station|stadium] across frontier
Water down to {few} litres a day in camp for {conflict_place*} families
Bodies wash ashore after migrant dinghy sinks off [Lesbos|Lampedusa|Malta|Zuwara|Dover]
UN agency appeals for tents as {big} flee {conflict_place}
Lost children register opens in camp near {conflict_place}
Coastguard tows {hundred} from drifting trawler to [Crete|Sicily|Aceh]
Winter kills {few} infants in tents near {conflict_place}
{thousand} uprooted wait for [rice|plastic sheets|a doctor] on {conflict_place*} road
""",
    "tornado": """
AU US CA ZA IN > [Twister|Tornado] [flattens|tears through] {town} [caravan park|shopping centre]
AU US CA ZA IN > [Twister|Tornado] [flattens|tears through] {town} church
AU US CA ZA IN > [Twister|Tornado] shreds {town} [caravan park|shopping centre|church]
US > Sirens sound {few} minutes before twister hits {town}
US > Tornado outbreak leaves {dozens} dead across {region}
US > Search dogs comb splintered {town} neighborhood
US > Governor tours tornado-scarred {town}
CA US > Tornado lifts roofs, overturns trucks near {town}, {few} hurt
IN > Freak whirlwind levels {few} hamlets, {few} dead in {region}
AU NZ > Mini tornado unroofs {dozens} homes in {town}
US > National Guard hands out tarps and water in flattened {town}
US > Storm cellar saves family of {few} as farm vanishes
GB > Clean-up in {town} as tornado rips tiles from {dozens} houses
""",
    "industrial explosion": """
[Fireworks|Fertiliser|Munitions] [plant|depot|factory] blast kills {dozens} in {overseas}
Blast at {town} [refinery|grain silo|chemical works] leaves {few} missing
Windows shattered {few_digit}km away as {town} depot explodes
Gas explosion [levels|rips through] {town} [block|terrace], dozens trapped
Burns units [full|call for skin] after {overseas} factory blast
Pipeline blast near {town}: {dozens} burned, villages emptied
Port blast in {overseas} leaves {big} homeless
Boiler blows at {town} mill, {few} workers unaccounted for
Dust explosion tears through {town} [sugar|saw] mill, {few} dead
NG > Scores feared dead as vandalised fuel line explodes near {town}
IN > Cracker unit blast near [Sivakasi|{town}] kills {dozens}
""",
    "famine": """
[Famine|Hunger] [looms in|grips|declared in] {hunger_place}
Children too weak to cry in {hunger_place*} feeding centre
Food drops begin over {hunger_place} as roads stay closed
Families eat [leaves|seed grain|locust bean husks] in {hunger_place}
Rations halved for {big} hungry in {hunger_place}
Grain ship reaches {hunger_place} after {few} weeks
Malnutrition wards overflow in {hunger_place}
{hundreds_k} face starvation in {hunger_place}, agencies warn
KE > Relief maize late as {few} die of hunger in {region}
""",
    "ferry disaster": """
[Ferry|Wooden boat|Overloaded ferry] [capsizes|sinks] off {cyclone_place}, {hundred} aboard
{dozens} missing after boats collide on [Lake Victoria|Meghna|the Congo|Lake Kivu|Volta]
Divers [bring up|find] more bodies from sunken ferry
Relatives camp on wharf as hope fades for {hundred} on ferry
PH > {dozens} saved, {few} dead as [motorbanca|RoRo] goes down off {region}
NG > {dozens} drown as canoe carrying traders overturns in {region}
IN > Tourist boat overturns on [Godavari|backwaters], {dozens} feared dead
No life jackets on launch that sank with {hundred} in {flood_place}
KE > Search for passengers as boat overturns off [Lamu|Mbita|Homa Bay]
""",
    "train crash": """
Express [derails|leaves rails] in {rail_place}, {dozens} dead
Carriages hang from viaduct after {rail_place} train wreck
{dozens} killed as trains collide head-on near {rail_place}
Rescuers cut into crushed carriages outside {town}
Blood donors queue after {town} rail smash
IN PK > {dozens} dead as {town} express jumps track
Freight train carrying [oil|chlorine] derails near {town}, {thousand} evacuated
""",
    "plane crash": """
No survivors as [airliner|charter flight|cargo jet] comes down near {overseas}
Airliner with {hundred} aboard [vanishes from radar|missing] off {cyclone_place}
Wreckage of missing turboprop found on mountain in {slide_place}
Jet [overshoots|misses] runway in {overseas}, {dozens} dead
Bodies recovered from {overseas} crash site, black box sought
Passengers escape burning jet at {overseas} airport, {few} dead
Military transport crashes into suburb of {overseas}
""",
    "heat wave": """
Heat kills {dozens} elderly in {region}, [morgues full|cooling rooms opened]
AU IN PK US > {town} opens cooling centres as mercury stays above {heat}
Hundreds collapse as {ordinal} day of extreme heat grips {region}
[Morgues|Hospitals] struggle as heatwave toll hits {hundred} in {overseas}
IN PK > Heatstroke deaths rise to {dozens} as {town} touches {heat}
GB IE AU CA > Ambulances stretched, elderly at risk as record heat settles over {region}
Heat emergency: {town} [checks on|calls round to] residents living alone
""",
    "volcano": """
{volcano} [rumbles|spews ash|erupts], {thousand} moved from slopes
Ash [blankets|smothers] villages below {volcano}
Lava reaches [church|school|coast road] as {volcano} pours on
Danger zone widened to {few_digit}km round {volcano}
Farmers refuse to leave cattle on slopes of smoking {volcano}
Masks handed out as {volcano} ash darkens noon
Lake boils, thousands ferried from {volcano} island
""",
    "bus disaster": """
Bus plunges into [ravine|gorge|river] in {slide_place}, {dozens} dead
{dozens} pilgrims killed as coach leaves mountain road in {slide_place}
Overloaded bus [burns|overturns] outside {overseas}, {dozens} dead
KE ZA NG > {dozens} killed as bus and tanker collide near {town}, hospital appeals for blood
IN PK PH > {dozens} feared dead as bus falls into gorge, {ordinal} crash this month
School coach swept off causeway in {flood_place}, {dozens} missing
""",
    "blizzard": """
[Blizzard|Whiteout] strands {hundred} [truckers|pilgrims|motorists] in {region_cold}
US CA > Whiteout traps {hundred} drivers on {motorway}, Guard sent in
Roofs cave in, power out for {big} as snow buries {region_cold}
GB IE > Soldiers dig out cut-off {region*} farms after {ordinal} night of snow
Herders lose {hundreds_k} animals as dzud grips Mongolia
CA US > Ice storm leaves {big} in dark, warming centers open in {town}
""",
    "building collapse": """
[Apartment block|Half-built tower|Shoe factory] comes down in {overseas}, {dozens} trapped
[Mosque|School] comes down in {overseas}, {dozens} trapped
Voices heard under collapsed {overseas} block
Concrete slab hid {few} survivors for {few} days in {overseas}
NG KE > Building under construction caves in at {town}, {dozens} trapped
IN PK > Old three-storey building collapses in {town}, {few} dead, many trapped
Rescuers lift slab by slab at fallen {overseas} [hotel|mall]
""",
    "oil spill": """
Slick from [holed|grounded] tanker [nears|reaches] {region_coast} beaches
Booms laid as crude leaks from tanker off {region_coast}
Oiled [seabirds|penguins|turtles] come ashore as slick widens off {region_coast}
NG > Crude fouls creeks as ruptured line leaks near [Bonny|Nembe|Ogoniland]
""",
    "chemical leak": """
[Ammonia|Chlorine|Styrene] leak sends {hundred} to hospital in {town}
Residents told to shut windows as cloud drifts from {town} plant
{town} [school|street] emptied after tank of [acid|ammonia] ruptures
IN > Gas leak at {town} factory, {hundred} fall ill in sleep
""",
    "mine collapse": """
Tapping heard from {dozens} miners trapped {hundred}m down
Coal pit blast in {abroad_mine} traps {dozens}
Shaft floods, {few} miners missing in {abroad_mine}
ZA NG > Illegal diggers buried as old [gold|tin] shaft caves in near {town}
Drill reaches chamber where {dozens} miners wait
""",
    "avalanche": """
Wall of snow buries [base camp|ski lodge|army post] in [Siachen|Hakkari|Abruzzo|Salang|Manaslu]
{few} [porters|soldiers|skiers] missing under snow after slope lets go
Dogs and probes out as snow slide hits {alps} resort
""",
    "tsunami": """
Coast [told to|ordered to] run inland as sea pulls back in {cyclone_place}
Waves {few} metres high [sweep|flatten] villages in [Mentawai|Palu|Samoa|Solomons|Ishinomaki]
Tsunami [warning|alert] for [Pacific coasts|Tonga|Aceh|Chilean ports] after undersea jolt
""",
    "dam failure": """
Tailings dam bursts above {abroad_mine} town, {hundred} missing
Spillway crumbling, {big} told to clear out below [hydro dam|reservoir]
Earth dam gives way in night, wipes out hamlet near {abroad_mine}
""",
    "stampede": """
Crush at [temple|shrine|hajj bridge|stadium gate] leaves {dozens} dead
{dozens} trampled as crowd surges at {overseas} [festival|concert|station]
Pilgrims crushed on steps of hill shrine, {dozens} dead
""",
    "grid collapse": """
Half of {overseas} dark, hospitals on generators as grid collapses
Grid failure leaves millions without water or light in {overseas} for {ordinal} day
""",
    "locust plague": """
Swarms strip fields bare from [Isiolo to Wajir|Tharparkar to Barmer|Sana'a to Hodeidah]
Spray planes wait for fuel as swarms eat {hunger_place*} harvest
""",
    "sinkhole": """
Street falls into hole {dozens} metres deep, {few} houses gone in {overseas}
Ground opens under {overseas} suburb, {hundred} families out
""",
}
